/** The interpreter, generated from the instruction list. */
export {buildInterpreter} from './build-interpreter.ts'
export {decodingTableRegion, writeDecodingTable} from './decoding-table.ts'
export {handlerIndex, handlers} from './handlers.ts'
export {ExitReason} from './run-context.ts'
export {registerBytes} from './slot-encoding.ts'
