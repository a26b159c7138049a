/** A thread that keeps exchanging a directory in a shared folder for a symbolic link to another one. */
import {renameSync} from 'node:fs'
import {workerData} from 'node:worker_threads'

/** `link` is the symbolic link while it is not in the directory's place, `aside` the place for the directory meanwhile. */
const {place, link, aside, stop} = workerData as {place: string; link: string; aside: string; stop: Int32Array}

// Acquire: ordered before the end of the thread. Pairs with the test's store of 1.
while (Atomics.load(stop, 0) === 0) {
	renameSync(place, aside)
	renameSync(link, place)
	renameSync(place, link)
	renameSync(aside, place)
}
