import {interpreter, tagInterpreters} from '../execution/engine.ts'
import {testTraps} from '../execution/traps.ts'

for (const engine of [interpreter, ...tagInterpreters]) testTraps(engine)
