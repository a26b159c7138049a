/**
 * Backoff for pages whose code changes or cannot be translated: each failure doubles the requests until the next
 * attempt.
 */

/** Failed attempts without a penalty. */
const free = 4
/** At most 2^16 requests. */
const mostDoublings = 16
/** Milliseconds after which one failed attempt is forgiven. */
const forgiveness = 1000
/** Pages to remember; forgiven ones make room. */
const mostPages = 4096

type Record = {strikes: number; since: number; requests: number}

export class PageBackoff {
	readonly #pages = new Map<number, Record>()
	readonly #now: () => number

	/** @param now milliseconds. */
	constructor(now: () => number = () => performance.now()) {
		this.#now = now
	}

	/** A translation of the page was wasted: it yielded no region, or the code has changed since. */
	strike(page: number): void {
		const record = this.#forgiving(page)
		if (record) {
			record.strikes++
			return
		}
		if (this.#pages.size >= mostPages) this.#forget()
		this.#pages.set(page, {strikes: 1, since: this.#now(), requests: 0})
	}

	/** A vCPU requests a region of the page. @returns whether to translate it. */
	admits(page: number): boolean {
		const record = this.#forgiving(page)
		if (!record || record.strikes <= free) return true
		record.requests++
		if (record.requests < 2 ** Math.min(record.strikes - free, mostDoublings)) return false
		record.requests = 0
		return true
	}

	#forgiving(page: number): Record | undefined {
		const record = this.#pages.get(page)
		if (!record) return undefined
		const forgiven = Math.floor((this.#now() - record.since) / forgiveness)
		record.strikes -= forgiven
		record.since += forgiven * forgiveness
		if (record.strikes > 0) return record
		this.#pages.delete(page)
		return undefined
	}

	#forget(): void {
		for (const page of this.#pages.keys()) this.#forgiving(page)
		if (this.#pages.size >= mostPages) this.#pages.clear()
	}
}
