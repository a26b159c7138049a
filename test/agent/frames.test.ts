import test from 'ava'
import {encodeFrame, encodeWords, type Frame, FrameDecoder, wordOf} from '../../src/agent/frames.ts'

const frames: readonly Frame[] = [
	{session: 1, type: 2, stream: 1, payload: Buffer.from('hello')},
	{session: 0xffff_ffff, type: 35, stream: 0, payload: new Uint8Array()},
	{session: 7, type: 4, stream: 2, payload: encodeWords(1, 2 ** 32 - 1)},
]
const plainOf = ({payload, ...rest}: Frame) => ({...rest, payload: [...payload]})

test('frames are found however their bytes are cut', (t) => {
	const bytes = Buffer.concat(frames.map(encodeFrame))
	for (let size = 1; size <= bytes.length; size++) {
		const decoder = new FrameDecoder({mostPayload: 16})
		const found: Frame[] = []
		for (let at = 0; at < bytes.length; at += size)
			for (const frame of decoder.push(bytes.subarray(at, at + size)))
				found.push({...frame, payload: frame.payload.slice()})
		t.deepEqual(found.map(plainOf), frames.map(plainOf), `pieces of ${size} bytes`)
	}
})

test('a frame that is longer than the other end may send is refused at its header', (t) => {
	const decoder = new FrameDecoder({mostPayload: 4})
	const header = encodeFrame(frames[0]!).subarray(0, 12)
	t.throws(() => [...decoder.push(header)], {message: 'a frame of 5 bytes came, 4 at most are allowed'})
})

test('frames behind one that ended the iteration are not lost', (t) => {
	const decoder = new FrameDecoder({mostPayload: 16})
	for (const frame of decoder.push(Buffer.concat(frames.map(encodeFrame)))) {
		t.is(frame.session, 1)
		break
	}
	t.deepEqual(
		[...decoder.push(new Uint8Array())].map(({session}) => session),
		[0xffff_ffff, 7],
	)
})

test('a word that is not there is 0', (t) => {
	t.is(wordOf(frames[2]!, 1), 2 ** 32 - 1)
	t.is(wordOf(frames[2]!, 2), 0)
	t.is(wordOf(frames[1]!), 0)
})
