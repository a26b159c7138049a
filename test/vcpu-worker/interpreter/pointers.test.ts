import {interpreter} from '../execution/engine.ts'
import {testPointers} from '../execution/pointers.ts'

testPointers(interpreter)
