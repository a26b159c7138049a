/** The plots of a record, by name. */
import {costByFill, costBySize} from './cost-plots.ts'
import {besideQemu, boot, compute, effects, storms, switches} from './guest-plots.ts'
import type {Plot} from './plot-style.ts'
import type {Summary} from './summary.ts'

export {plotSvg} from './plot-style.ts'

/** Those that the record has figures for. */
export function reportPlots(summary: Summary): readonly Plot[] {
	const plots = [costBySize, costByFill, compute, storms, switches, boot, effects, besideQemu]
	return plots.map((plot) => plot(summary)).filter((plot) => plot !== undefined)
}
