/** The interpreter, generated from the instruction list. */
export {buildInterpreter} from './build-interpreter.ts'
export {slotDecoder} from './decode-slot.ts'
export {handlers} from './handlers.ts'
export {ExitReason} from './run-context.ts'
