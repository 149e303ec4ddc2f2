import { readFileSync } from 'node:fs';
import { waitUntil } from './wait-until.js';

/** Whether a process runs; one that has ended and waits to be collected does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  if (process.platform !== 'linux') return true;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.charAt(stat.lastIndexOf(')') + 2) !== 'Z';
  } catch {
    return false;
  }
}

/** The pids that processes have printed as `pid <n>` lines, once there are so many. */
export async function pidsIn(
  text: () => string | Promise<string>,
  count: number,
): Promise<number[]> {
  let pids: number[] = [];
  await waitUntil(async () => {
    pids = [...(await text()).matchAll(/pid (\d+)\n/g)].map((match) => Number(match[1]));
    return pids.length >= count;
  });
  return pids;
}
