/**
 * A small, fast, stable hash for names that must come out the same on every run and machine: MACs and shortened
 * interface names. Not for security. Two 32-bit lanes of multiply-xor with murmur3's finaliser.
 */
export function stableHash(text: string, seed = 0): { readonly high: number; readonly low: number } {
  let a = 0xdeadbeef ^ seed;
  let b = 0x41c6ce57 ^ seed;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 0x9e3779b1);
    b = Math.imul(b ^ code, 0x5f356495);
  }
  a = finalise(a ^ (b >>> 15));
  b = finalise(b ^ (a >>> 13));
  return { high: a, low: b };
}

function finalise(lane: number): number {
  let h = Math.imul(lane ^ (lane >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
