/*
 * How the scripts of this folder are called: one JSON object on standard input, whose `op` names a function, one JSON
 * object on standard output: {"value": …}, or {"error": name or code, "message": …} and what else the error tells.
 */
import { webcrypto } from 'node:crypto';

// Node 18 has it, but not as a global.
globalThis.crypto ??= webcrypto;

async function read() {
  const parts = [];
  for await (const part of process.stdin) parts.push(part);
  return JSON.parse(Buffer.concat(parts).toString('utf8'));
}

export async function answer(operations) {
  const { op, ...args } = await read();
  let told;
  try {
    told = { value: (await operations[op](args)) ?? null };
  } catch (e) {
    told = { error: e.error ?? e.code ?? e.name, message: e.message, status: e.status, name: e.name };
    if (e.cause !== undefined) told.cause = String(e.cause?.message ?? JSON.stringify(e.cause));
  }
  process.stdout.write(JSON.stringify(told));
}
