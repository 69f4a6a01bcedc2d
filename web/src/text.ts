// Numbers as people read them.
export const number = (n: number) => n.toLocaleString('en');
export const plural = (n: number, one: string) => `${number(n)} ${one}${n === 1 ? '' : 's'}`;
export const listeners = (n: number) => plural(n, 'listener');
export const percent = (share: number, digits = 1) => `${(100 * share).toFixed(digits)} %`;
/** What the server says, as a sentence. */
export const sentence = (words: string) => words.charAt(0).toUpperCase() + words.slice(1) + '.';
