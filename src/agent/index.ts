/** The host's side of the agent in a guest, which runs commands: the protocol, connections, processes. */
export {AgentConnection, type ByteChannel, type ChannelListener, type Session} from './connection.ts'
export {encodeFrame, encodeWords, type Frame, FrameDecoder, FrameType, mostPayload, protocolVersion} from './frames.ts'
export {type ExitStatus, GuestProcess, type StartOptions, type TerminalSize} from './guest-process.ts'
export {describeErrno, Errno} from './linux-errors.ts'
export {isLinuxSignal, type LinuxSignal} from './linux-signals.ts'
