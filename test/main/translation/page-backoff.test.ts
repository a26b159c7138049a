/** Pages whose translations are in vain have to be asked for more and more often. */
import test from 'ava'
import {PageBackoff} from '../../../src/main/translation/page-backoff.ts'

function admitted(backoff: PageBackoff, page: number, requests: number): number {
	let count = 0
	for (let request = 0; request < requests; request++) if (backoff.admits(page)) count++
	return count
}

test('a page without failures is always admitted, one with a few too', (t) => {
	const backoff = new PageBackoff(() => 0)
	for (let strikes = 0; strikes < 4; strikes++) backoff.strike(4096)
	t.is(admitted(backoff, 4096, 100), 100)
	t.is(admitted(backoff, 8192, 100), 100)
})

test('further failures double the requests that it takes', (t) => {
	const backoff = new PageBackoff(() => 0)
	for (let strikes = 0; strikes < 5; strikes++) backoff.strike(4096)
	t.is(admitted(backoff, 4096, 64), 32)
	for (let strikes = 0; strikes < 3; strikes++) backoff.strike(4096)
	t.is(admitted(backoff, 4096, 64), 4)
	for (let strikes = 0; strikes < 1000; strikes++) backoff.strike(4096)
	t.is(admitted(backoff, 4096, 2 ** 17), 2)
})

test('time forgives', (t) => {
	let now = 0
	const backoff = new PageBackoff(() => now)
	for (let strikes = 0; strikes < 8; strikes++) backoff.strike(4096)
	now = 3999
	t.is(admitted(backoff, 4096, 64), 32)
	now = 4000
	t.is(admitted(backoff, 4096, 64), 64)
})

test('it remembers a bounded number of pages', (t) => {
	const backoff = new PageBackoff(() => 0)
	for (let page = 0; page < 20_000; page++) for (let strike = 0; strike < 6; strike++) backoff.strike(page * 4096)
	t.true(admitted(backoff, 19_999 * 4096, 64) < 64)
	t.is(admitted(backoff, 0, 64), 64)
})
