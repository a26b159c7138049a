/** How many instructions have retired. */
import {HART_INSTRET, RUN_BUDGET, RUN_RESERVE} from '../../../build/hart/offsets'
import {hart} from './hart'

/** instret counts a whole slice in advance; budget and reserve are what is left of it. */
export function retired(): u64 {
	return load<u64>(hart, HART_INSTRET) - <u64>load<i32>(hart, RUN_BUDGET) - <u64>load<i32>(hart, RUN_RESERVE)
}
