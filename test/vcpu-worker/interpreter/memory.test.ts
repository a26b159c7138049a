import {interpreter} from '../execution/engine.ts'
import {testMemory} from '../execution/memory.ts'

testMemory(interpreter)
