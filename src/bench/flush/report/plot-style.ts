/** What the plots of flushes have in common: colours by design, titles, baselines. */
import {tlbKeys} from '../../../tlb/index.ts'
import {colours, dashed, qemuColours, type Spec, spreadNote} from '../../report/plot.ts'
import type {Summary} from './summary.ts'

export const kindColours = {default: colours[1], design: colours[0], QEMU: qemuColours[0]} as const

/**
 * @param names in the order of the legend.
 * @param all the names that any plot may have: each then has the same colour in all plots.
 */
export function colourScale(names: readonly string[], all: readonly string[] = names) {
	const isQemu = (name: string) => name.startsWith('QEMU')
	const qemus = names.filter(isQemu)
	const others = all.filter((name) => !isQemu(name)).map(withoutNote)
	const colourOf = (name: string) =>
		isQemu(name)
			? qemuColours[qemus.indexOf(name) % qemuColours.length]
			: colours[others.indexOf(withoutNote(name)) % colours.length]
	return {domain: [...names], range: names.map(colourOf)}
}

/** What marks the default in legends. */
export const defaultNote = ' (default)'
const withoutNote = (name: string) => name.replace(defaultNote, '')

export const policies: readonly string[] = Object.keys(tlbKeys.policy.values)

export function titleOf(summary: Summary, {text, notes}: Readonly<{text: string; notes: readonly string[]}>) {
	const {date, host, state} = summary.record
	const about = `${date.slice(0, 10)}, ${host}${state === 'complete' ? '' : `; ${state}`}`
	return {text, subtitle: [...notes, spreadNote, about]}
}

/** A line at 1. */
export const baselineAcross: Spec = {mark: dashed, encoding: {y: {datum: 1}, x: null, xOffset: null, color: null}}
export const baselineUp: Spec = {mark: dashed, encoding: {x: {datum: 1}, y: null, color: null}}

/** 64, 1 K, 64 K. */
export const entriesLabel = "datum.value >= 1024 ? datum.value / 1024 + ' K' : datum.value"
export const bytesLabel = "datum.value >= 1048576 ? datum.value / 1048576 + ' MiB' : datum.value / 1024 + ' KiB'"
