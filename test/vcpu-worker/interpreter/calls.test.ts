import {testCalls} from '../execution/calls.ts'
import {interpreter} from '../execution/engine.ts'

testCalls(interpreter)
