import {testCalls} from '../execution/calls.ts'
import {interpreter, tagInterpreters} from '../execution/engine.ts'

for (const engine of [interpreter, ...tagInterpreters]) testCalls(engine)
