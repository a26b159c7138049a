/** TCP, without IP: connections, and segments in bytes. */
export {opensAnew, TcpConnection, type TcpState} from './connection.ts'
export {
	emptySegment,
	parseSegment,
	type Segment,
	type SegmentHeader,
	synHeaderBytes,
	tcpFlag,
	tcpHeaderBytes,
	writeSegmentHeader,
} from './segment.ts'
export type {SendQueue} from './send-queue.ts'
export {add, distance} from './sequence.ts'
export {
	defaultReceiveCapacity,
	defaultSendLimit,
	type QueuePiece,
	type TcpEnd,
	type TcpSettings,
	type TcpSink,
	type TcpUser,
} from './settings.ts'
