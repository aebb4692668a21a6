/*
 * The demo page: one form, four contracts. Each contract is an object with three things to know about it: how to get
 * a captcha, how to log in with its answer, and which words to show on failure.
 */
"use strict";

/* ---- MD5 (RFC 1321): what front ends of the Blade family send in place of the password -------------------------- */
function md5(text) {
  const shifts = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];
  const bytes = new TextEncoder().encode(text);
  const words = new Uint32Array((((bytes.length + 8) >>> 6) + 1) * 16);
  bytes.forEach((b, i) => { words[i >> 2] |= b << ((i & 3) * 8); });
  words[bytes.length >> 2] |= 0x80 << ((bytes.length & 3) * 8);
  words[words.length - 2] = bytes.length * 8;
  const state = new Uint32Array([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476]);
  for (let block = 0; block < words.length; block += 16) {
    let [a, b, c, d] = state;
    for (let i = 0; i < 64; i++) {
      const round = i >> 4;
      const [mix, at] = [
        [(b & c) | (~b & d), i],
        [(d & b) | (~d & c), (5 * i + 1) % 16],
        [b ^ c ^ d, (3 * i + 5) % 16],
        [c ^ (b | ~d), (7 * i) % 16],
      ][round];
      const sine = Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32);
      const sum = (a + mix + sine + words[block + at]) | 0;
      const turn = shifts[round][i & 3];
      [a, d, c, b] = [d, c, b, (b + ((sum << turn) | (sum >>> (32 - turn)))) | 0];
    }
    state[0] += a; state[1] += b; state[2] += c; state[3] += d;
  }
  return [...new Uint8Array(state.buffer)].map((b) => b.toString(16).padStart(2, "0")).join("");
}

/* ---- The contracts ---------------------------------------------------------------------------------------------- */
const CLIENT = "Basic " + btoa("sword:sword_secret");
const json = { "Content-Type": "application/json;charset=UTF-8" };

async function call(method, path, headers, body) {
  const answer = await fetch(path, { method, headers, body: body && JSON.stringify(body), cache: "no-store" });
  return { headers: answer.headers, body: await answer.json() };
}

/* eplatform wants a bearer token even for a captcha: the page gets one of its own. */
let pageToken = null;
async function pageBearer() {
  if (!pageToken) {
    const { body } = await call("POST", "/kom-ams-auth/oauth/token", { ...json, Authorization: CLIENT },
      { grant_type: "client_credentials", scope: "all" });
    pageToken = "Bearer " + body.access_token;
  }
  return pageToken;
}

const contracts = {
  blade: {
    async captcha() {
      const { body } = await call("GET", "/kom-ams-auth/oauth/captcha");
      return { id: body.key, image: body.image, error: body.msg };
    },
    async login(account, password, id, answer) {
      const { body } = await call("POST", "/kom-ams-auth/oauth/token",
        { ...json, Authorization: CLIENT, "Tenant-Id": "000000" },
        { grant_type: "captcha", scope: "all", type: "account", tenantId: "000000", username: account,
          password: md5(password), captchaKey: id, captchaCode: answer });
      return { body, error: body.access_token ? null : body.msg };
    },
  },
  ebaas: {
    async captcha() {
      const { body } = await call("POST", "/oauth/api/account/getImgCode");
      return { id: body.data?.img_code_id, image: body.data?.img, error: body.msg };
    },
    async login(account, password, id, answer) {
      const { body } = await call("POST", "/oauth/api/account/login", json,
        { username: account, password, img_code_id: id, img_code: answer });
      return { body, error: body.code === "000" ? null : body.msg };
    },
  },
  eplatform: {
    async captcha() {
      const { headers, body } = await call("GET", "/captcha/WEB?" + Date.now(), { Authorization: await pageBearer() });
      pageToken = headers.get("Authorization");
      return { id: body.response?.uuid, image: "data:image/jpeg;base64," + body.response?.image, error: body.message };
    },
    async login(account, password, id, answer) {
      const { body } = await call("POST", "/auth/login", json,
        { account, password: md5(password), code: answer, uuid: id });
      return { body, error: body.status ? null : body.message };
    },
  },
  platform: {
    async captcha() {
      const { body } = await call("POST", "/code", { ...json, source: "PC" });
      return { id: body.data?.uuid, image: body.data?.img, error: body.msg };
    },
    async login(account, password, id, answer) {
      const { body } = await call("POST", "/login", { ...json, source: "PC" },
        { username: account, password, uuid: id, code: answer });
      return { body, error: body.succFlag ? null : body.msg };
    },
  },
};

/* ---- The page --------------------------------------------------------------------------------------------------- */
const $ = (id) => document.getElementById(id);
let contract = contracts.blade;
let challenge = null;
let renewals = 0;

async function renew() {
  const mine = ++renewals;
  $("answer").value = "";
  challenge = null;
  try {
    const got = await contract.captcha();
    if (mine !== renewals) return; // another picture was asked for meanwhile
    if (!got.id) throw new Error(got.error);
    challenge = got;
    $("picture").src = got.image;
  } catch (e) {
    $("message").textContent = "取验证码失败：" + e.message;
  }
}

function show(result) {
  $("login").hidden = result !== null;
  $("result").hidden = result === null;
  $("answer-body").textContent = result === null ? "" : JSON.stringify(result, null, 2);
}

async function start(name) {
  contract = contracts[name];
  for (const tab of document.querySelectorAll("[data-dialect]"))
    tab.setAttribute("aria-selected", String(tab.dataset.dialect === name));
  $("answer-label").textContent = name === "platform" ? "验证码（填算式的结果，可以是负数）" : "验证码";
  $("message").textContent = "";
  show(null);
  await renew();
}

$("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  $("submit").disabled = true;
  $("message").textContent = "";
  try {
    const { body, error } = await contract.login($("account").value, $("password").value, challenge?.id ?? "",
      $("answer").value);
    if (error === null) {
      show(body);
    } else {
      $("message").textContent = error;
      await renew();
      $("answer").focus();
    }
  } catch (e) {
    $("message").textContent = "请求失败：" + e.message;
  }
  $("submit").disabled = false;
});
$("renew").addEventListener("click", renew);
$("again").addEventListener("click", () => start(document.querySelector("[aria-selected=true]").dataset.dialect));
for (const tab of document.querySelectorAll("[data-dialect]"))
  tab.addEventListener("click", () => start(tab.dataset.dialect));
start("blade");
