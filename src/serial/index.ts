/** Serial mode: the threads of a machine run by turns, in an order that a seed decides, in virtual time. */
export {drawn, randomBytes} from './random.ts'
export type {Handover, RecordedHandover} from './schedule.ts'
export {type SerialConfig, SerialControl} from './serial-control.ts'
export {type StyleName, turnDistance} from './style.ts'
export {noTurnEvents, ThreadTurns, type TurnEvents} from './thread-turns.ts'
