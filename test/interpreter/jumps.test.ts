import {interpreter, tagInterpreters} from '../execution/engine.ts'
import {testJumps} from '../execution/jumps.ts'

for (const engine of [interpreter, ...tagInterpreters]) testJumps(engine)
