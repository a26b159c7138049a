/** An option of `manyhart run`. */
import {Option} from 'commander'

export class RunOption extends Option {
	/** QEMU has an option of this name, so one dash is enough. */
	isQemu = false

	asInQemu(): this {
		this.isQemu = true
		return this
	}

	/** Its names, without dashes. */
	get names(): readonly string[] {
		return [this.long, this.short].flatMap((flag) => (flag ? [flag.replace(/^-+/, '')] : []))
	}
}
