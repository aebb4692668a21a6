/* Tokens verified and minted by npm jose. Keys come as base64 of what the site's database holds. */
import { answer } from './request.mjs';
import {
  CompactSign, createRemoteJWKSet, exportSPKI, generateKeyPair, importJWK, importPKCS8, jwtVerify,
} from 'jose';

function pem(base64) {
  return `-----BEGIN PRIVATE KEY-----\n${base64.match(/.{1,64}/g).join('\n')}\n-----END PRIVATE KEY-----\n`;
}

const part = (text) => Buffer.from(text, 'utf8').toString('base64url');

await answer({
  /* Verify against the published key set, or against the bytes of a shared secret. */
  async verify({ token, jwks_uri, secret, ...options }) {
    const key = secret !== undefined ? Buffer.from(secret, 'base64') : createRemoteJWKSet(new URL(jwks_uri));
    const { payload, protectedHeader } = await jwtVerify(token, key, options);
    return { payload, header: protectedHeader };
  },

  /* Sign `payload` (text, so that it may be anything) under `header`, with a PKCS #8 key or a shared secret. */
  async mint({ payload, header, pkcs8, secret }) {
    const key = pkcs8 !== undefined ? await importPKCS8(pem(pkcs8), header.alg) : Buffer.from(secret, 'base64');
    const crit = Object.fromEntries((header.crit ?? []).map((name) => [name, true]));
    return new CompactSign(Buffer.from(payload, 'utf8')).setProtectedHeader(header).sign(key, { crit });
  },

  /* The same under a key pair that nobody knows. */
  async forge({ payload, header }) {
    const { privateKey } = await generateKeyPair(header.alg);
    return new CompactSign(Buffer.from(payload, 'utf8')).setProtectedHeader(header).sign(privateKey);
  },

  /* HS256 with a published public key as the secret: in the form that a careless verifier would hold it. */
  async confuse({ payload, header, jwks_uri, kid, form }) {
    const { keys } = await (await fetch(jwks_uri)).json();
    const jwk = keys.find((key) => key.kid === kid);
    const spki = await exportSPKI(await importJWK(jwk, jwk.alg, { extractable: true }));
    const der = Buffer.from(spki.replace(/-----[^-]+-----|\s/g, ''), 'base64');
    const secret = { pem: Buffer.from(spki), der, jwk: Buffer.from(JSON.stringify(jwk)) }[form];
    return new CompactSign(Buffer.from(payload, 'utf8')).setProtectedHeader(header).sign(secret);
  },

  /* What the library refuses to make: no signature at all. */
  async unsigned({ payload, header }) {
    return `${part(JSON.stringify(header))}.${part(payload)}.`;
  },
});
