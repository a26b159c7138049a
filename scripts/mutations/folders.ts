/** Mistakes in the server of folders: paths that leave them, handles of the wrong file, memory that is no longer its own. */
import type {Mutation} from './mutation.ts'

const server = 'test/9p/server.test.ts'
const contents = 'test/9p/contents.test.ts'
const escapes = 'test/9p/escape.test.ts'
const names = 'test/9p/names.test.ts'
const owners = 'test/9p/ownership.test.ts'
const folders = 'test/9p/folders.test.ts'
const handles = 'src/9p/handles.ts'

export const folderMutations: readonly Mutation[] = [
	{
		name: 'a symbolic link is followed when a name is looked up',
		file: handles,
		find: 'const descriptor = openSync(this.childPath(folder, name), O_PATH | O_NOFOLLOW)',
		replace: 'const descriptor = openSync(this.childPath(folder, name), O_PATH)',
		tests: [escapes],
	},
	{
		name: 'the parent of the folder can be reached',
		file: handles,
		find: "if (name === '.' || name === '..') {",
		replace: "if (name === '.') {",
		tests: [server, escapes],
	},
	{
		name: 'a name may be a path',
		file: handles,
		find: "name !== '' && !name.includes('/') &&",
		replace: "name !== '' &&",
		tests: [server],
	},
	{
		name: 'fifos and devices are opened',
		file: 'src/9p/fid-operations.ts',
		find: "	if (kind === 'special') throw new Refusal('ENXIO')\n",
		replace: '',
		tests: [names, escapes],
	},
	{
		name: 'what is there already is opened without a look at what it is',
		file: 'src/9p/create-operations.ts',
		find: "				if (handle.kind === 'special') throw new Refusal('ENXIO')\n",
		replace: '',
		tests: [escapes],
	},
	{
		name: 'a handle that is opened again may be another file',
		file: handles,
		find: 'if (handle.is(fstatSync(descriptor, {bigint: true}))) {',
		replace: 'if (fstatSync(descriptor).isFile() || true) {',
		tests: [server],
	},
	{
		name: "a fid's old name is removed, whatever has it now",
		file: handles,
		find: 'if (this.#isAt(handle, path)) return {folder, name: handle.name, path}',
		replace: 'return {folder, name: handle.name, path}',
		tests: [names],
	},
	{
		name: 'handles do not follow a rename',
		file: 'src/9p/name-operations.ts',
		find: 'to.name))\n	handles.renamed(from, to)',
		replace: 'to.name))',
		tests: [server],
	},
	{
		name: 'a descriptor is closed while it is read',
		file: 'src/9p/open-files.ts',
		find: 'if (this.#busy === 0) closeSync(this.descriptor)',
		replace: 'closeSync(this.descriptor)',
		tests: [server],
	},
	{
		name: 'an answer is written when its pieces are no longer its own',
		file: 'src/9p/server.ts',
		find: '		const write = (body: () => number): number => {\n',
		replace: '		const write = (body: () => number): number => {\n			body()\n',
		tests: [server],
	},
	{
		name: 'a flush does not wait for the request that it flushes',
		file: 'src/9p/server.ts',
		find: 'return this.#pending.get(request.u16())?.then(() => () => {})',
		replace: 'request.u16()\n		return undefined',
		tests: [server],
	},
	{
		name: 'a read-only folder can be opened for writing',
		file: 'src/9p/fid-operations.ts',
		find: "throw new Refusal('EROFS')",
		replace: 'void 0',
		tests: [owners],
	},
	{
		name: 'the guest may leave set-uid programs in a folder of a user',
		file: 'src/9p/ownership.ts',
		find: "(this.#model === 'user' && kind !== 'folder' ? ~setIdBits : -1)",
		replace: '-1',
		tests: [owners],
	},
	{
		name: 'a directory is listed anew while it is read',
		file: 'src/9p/content-operations.ts',
		find: 'offset === 0 || file.names === undefined ? session.list(file) : file.names',
		replace: 'session.list(file)',
		tests: [folders],
	},
	{
		name: 'names that are not ASCII are written as UTF-8',
		file: handles,
		find: "return isAscii(name) ? path : Buffer.from(path, 'latin1')",
		replace: 'return path',
		tests: [folders],
	},
	{
		name: 'a read goes beyond the room of its answer',
		file: 'src/9p/content-operations.ts',
		find: 'const parts = slice(output, answerContents, Math.min(count, room - answerContents))',
		replace: 'const parts = slice(output, answerContents, count)',
		tests: [contents],
	},
]
