/** Switches that became keys of `--tlb`: refused, with a hint. */
import {expected} from '../../errors.ts'
import {type TlbDesign, tlbKeys} from '../../tlb/index.ts'

/** The option, its field in the library's options, and the field of `tlb` that it became. */
const formerSwitches: readonly Readonly<{option: string; field: string; now: keyof TlbDesign}>[] = [
	{option: '--tlb-encoding', field: 'tlbEncoding', now: 'encoding'},
	{option: '--lookup', field: 'lookup', now: 'lookup'},
	{option: '--last-pages', field: 'lastPages', now: 'lastPages'},
]

/** @param word of a command line. @returns its present spelling; undefined if it is no former switch. */
export function presentSpelling(word: string): string | undefined {
	const [option] = word.split('=', 1)
	const found = formerSwitches.find((former) => former.option === option)
	return found && `--tlb ${tlbKeys[found.now].name}=VALUE`
}

/** @throws UserError */
export function refuseFormerFields(options: object): void {
	for (const {field, now} of formerSwitches)
		if (field in options) throw expected(`tlb: {${now}: …} in the machine's options`, field)
}
