import {interpreter, tagInterpreters} from '../execution/engine.ts'
import {testRemapping} from '../execution/remapping.ts'

for (const engine of [interpreter, ...tagInterpreters]) testRemapping(engine)
