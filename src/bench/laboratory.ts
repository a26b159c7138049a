/** The laboratory: what `manyhart bench` does. The entry of its bundle; src/main/command-line loads it. */
export {benchFlush} from './flush/index.ts'
