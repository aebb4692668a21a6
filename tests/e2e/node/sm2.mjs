/* Passwords encrypted by npm sm-crypto, as Saber does it: cipherMode 0, which is C1C2C3. */
import { answer } from './request.mjs';
import smCrypto from 'sm-crypto';

await answer({
  encrypt: async ({ public_key, password, mode = 0 }) => smCrypto.sm2.doEncrypt(password, public_key, mode),
});
