/** Has V8 collect garbage soon: it gives a shared memory back only then, and one takes address space of gigabytes. */
export async function collectGarbage(): Promise<void> {}
