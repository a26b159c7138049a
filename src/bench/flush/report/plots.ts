/** The plots of a record, by name. */
import type {Plot} from '../../report/plot.ts'
import {costByFill, costBySize} from './cost-plots.ts'
import {besideQemu, boot, compute, effects, storms, switches} from './guest-plots.ts'
import type {Summary} from './summary.ts'

/** Those that the record has figures for. */
export function reportPlots(summary: Summary): readonly Plot[] {
	const plots = [costBySize, costByFill, compute, storms, switches, boot, effects, besideQemu]
	return plots.map((plot) => plot(summary)).filter((plot) => plot !== undefined)
}
