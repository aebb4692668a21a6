/*
 * Small comforts of the portal. Everything works without this file; what only it can do is hidden in the page and
 * shown from here.
 */
"use strict";

/* ---- a password that can be looked at: <button type="button" hidden data-reveal="ID OF THE FIELD"> */
for (const button of document.querySelectorAll("button[data-reveal]")) {
  const field = document.getElementById(button.dataset.reveal);
  button.hidden = false;
  button.setAttribute("aria-pressed", "false");
  button.addEventListener("click", () => {
    const shown = field.type === "text";
    field.type = shown ? "password" : "text";
    button.setAttribute("aria-pressed", String(!shown));
  });
  // The browser offers to keep only what was typed into a field of this type.
  field.form?.addEventListener("submit", () => {
    field.type = "password";
    button.setAttribute("aria-pressed", "false");
  });
}

/* ---- a form is sent once. <form data-again> may be sent again: it downloads something */
for (const form of document.querySelectorAll('form[method="post"]:not([data-again])')) {
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    // Not `disabled`: the button that was pressed is a field of the form.
    for (const button of form.querySelectorAll("button:not([type=button])")) button.setAttribute("aria-disabled", "true");
  });
}
// Back to a page that the browser kept as it was.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("[aria-disabled]")) button.removeAttribute("aria-disabled");
  }
});

/* ---- another picture: <button data-another="ADDRESS">, beside the picture and in its form */
for (const button of document.querySelectorAll("button[data-another]")) {
  button.addEventListener("click", async (event) => {
    const form = button.form;
    event.preventDefault();
    try {
      const answer = await fetch(button.dataset.another, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const next = await answer.json();
      form.querySelector("[data-picture]").src = next.image;
      form.elements.captcha_id.value = next.id;
      const field = form.elements.captcha;
      field.value = "";
      field.focus();
    } catch {
      // The page without script says what is wrong.
      form.noValidate = true;
      form.requestSubmit(Object.assign(form.appendChild(document.createElement("button")), { name: button.name, value: button.value, hidden: true }));
    }
  });
}

/* ---- to the clipboard: <button type="button" hidden data-copy="ID OF WHAT"> */
for (const button of document.querySelectorAll("button[data-copy]")) {
  if (!navigator.clipboard) continue; // not on plain HTTP
  const source = document.getElementById(button.dataset.copy);
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(source.value ?? source.textContent.trim());
    if (button.dataset.copied) button.textContent = button.dataset.copied;
  });
}

/* ---- a table that is wider than its place is scrolled by keys too */
const scrolled = new ResizeObserver((entries) => {
  for (const { target: box } of entries) {
    const caption = box.querySelector("caption");
    if (box.scrollWidth <= box.clientWidth) {
      for (const name of ["tabindex", "role", "aria-label"]) box.removeAttribute(name);
      continue;
    }
    box.tabIndex = 0;
    if (!caption) continue;
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", caption.textContent.trim());
  }
});
for (const box of document.querySelectorAll(".scroll")) scrolled.observe(box);

/* ---- a search that goes on while one types: <form method="get" data-live="ID OF WHERE IT SHOWS WHAT IT FOUND">; what stands
   in [data-summary] there is said by ID-said */
for (const form of document.querySelectorAll("form[data-live]")) {
  const found = document.getElementById(form.dataset.live);
  const said = document.getElementById(`${form.dataset.live}-said`);
  let pause, running;
  const search = async () => {
    running?.abort();
    running = new AbortController();
    const address = `${form.action}?${new URLSearchParams(new FormData(form))}`;
    try {
      const answer = await fetch(address, { signal: running.signal });
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      found.replaceChildren(...page.getElementById(found.id).childNodes);
      for (const box of found.querySelectorAll(".scroll")) scrolled.observe(box);
      said.textContent = found.querySelector("[data-summary]")?.textContent ?? "";
      history.replaceState(null, "", address);
    } catch (error) {
      // What is wrong, the page says that the form leads to.
      if (error.name !== "AbortError") form.submit();
    }
  };
  form.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(search, 250);
  });
}

/* ---- a clock that is wrong: <p hidden data-clock="SECONDS SINCE 1970, BY THE SERVER"> */
for (const notice of document.querySelectorAll("[data-clock]"))
  notice.hidden = Math.abs(Date.now() / 1000 - Number(notice.dataset.clock)) < 60;

/* ---- what a new password has to be: <ul data-rules-of="ID OF THE FIELD">. What only the server can look up is said to be
   looked up there, and stays without a mark. */
const rules = {
  length: (password, rule) => [...password].length >= Number(rule.dataset.least),
  kinds: (password, rule) =>
    [/[A-Z]/, /[a-z]/, /[0-9]/, /[^A-Za-z0-9]/].filter((kind) => kind.test(password)).length >= Number(rule.dataset.least),
  account: (password, rule) => password.toLowerCase() !== rule.parentElement.dataset.account.toLowerCase(),
};
for (const list of document.querySelectorAll("[data-rules-of]")) {
  const field = document.getElementById(list.dataset.rulesOf);
  const marks = [...list.querySelectorAll("[data-rule]")].map((rule) => {
    const spoken = document.createElement("span");
    spoken.className = "sr-only";
    rule.prepend(spoken);
    return { rule, spoken };
  });
  const look = () => {
    for (const { rule, spoken } of marks) {
      const state = field.value === "" ? "" : rules[rule.dataset.rule](field.value, rule) ? "met" : "unmet";
      if (rule.dataset.state === state) continue;
      rule.dataset.state = state;
      spoken.textContent = state === "" ? "" : list.dataset[state] + " ";
    }
  };
  field.addEventListener("input", look);
  look();
}
