/** Opens the files of a disk: the image, the chain of images behind it, and what takes the writes of a snapshot. */
import {close, constants, fstat, open} from 'node:fs'
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {dirname, join, resolve} from 'node:path'
import {getSystemErrorMap, promisify} from 'node:util'
import {UserError} from '../errors.ts'
import type {Waiting} from '../pace.ts'
import type {DiskImage} from './disk-image.ts'
import {FileLock} from './file-lock.ts'
import {ImageFile} from './image-file.ts'
import {probeFormat} from './probe.ts'
import {createQcow2} from './qcow2/create.ts'
import {Incompatible, readHeader} from './qcow2/header.ts'
import {Qcow2Image} from './qcow2/qcow2-image.ts'
import {repairRefcounts} from './qcow2/repair.ts'
import {RawImage} from './raw-image.ts'

const [openFile, closeFile, statFile] = [promisify(open), promisify(close), promisify(fstat)]

/** Images of a chain at most. */
const mostLayers = 64

export const diskFormats = ['raw', 'qcow2'] as const
export type DiskFormat = (typeof diskFormats)[number]

export type DiskOptions = Readonly<{
	/** The path of the image. */
	file: string
	/** If undefined, it is guessed; see RawImage. */
	format?: DiskFormat | undefined
	isReadOnly?: boolean | undefined
	/** Writes go to a temporary file. */
	isSnapshot?: boolean | undefined
}>

/** An image of a chain, as plain data: descriptors are the same in all threads of the process. */
export type DiskLayer = Readonly<{path: string; descriptor: number; format: DiskFormat; isProbed: boolean}>
/** @property layers the first is the one that is written. */
export type DiskFiles = Readonly<{layers: readonly DiskLayer[]; isReadOnly: boolean}>

/** The open files of a disk. Whoever uses them has to stop before they are closed. */
export class OpenDisk implements AsyncDisposable {
	readonly files: DiskFiles
	/** Bytes. */
	readonly size: number
	/** What the user should know. */
	readonly warnings: readonly string[]
	readonly #opened: AsyncDisposableStack

	private constructor(
		parts: Readonly<{files: DiskFiles; size: number; warnings: string[]}>,
		opened: AsyncDisposableStack,
	) {
		this.files = parts.files
		this.size = parts.size
		this.warnings = parts.warnings
		this.#opened = opened
	}

	/** @throws UserError for files that cannot be used; the messages are QEMU's, where it has one. */
	static async open({file, format, isReadOnly = false, isSnapshot = false}: DiskOptions): Promise<OpenDisk> {
		await using opened = new AsyncDisposableStack()
		const warnings: string[] = []
		const layers: DiskLayer[] = []
		const seen = new Set<string>()
		let next: {path: string; format: DiskFormat | undefined} | undefined = {path: resolve(file), format}
		while (next) {
			const isWritten = layers.length === 0 && !isReadOnly && !isSnapshot
			if (layers.length === mostLayers)
				throw new UserError(`Could not open '${file}': it has more than ${mostLayers} backing files`)
			const descriptor = await openImage(next.path, {isWritten, opened, chain: {file, seen}})
			const layer: DiskLayer = await layerOf(next.path, {descriptor, format: next.format})
			if (layer.isProbed && layer.format === 'raw' && layers.length === 0) warnings.push(probeWarning(file))
			layers.push(layer)
			next = await backingOf(layer, isWritten)
		}
		if (isSnapshot) layers.unshift(await createOverlay(await sizeOf({layers, isReadOnly: true}), opened))
		const files: DiskFiles = {layers, isReadOnly}
		const size = await sizeOf(files)
		return new OpenDisk({files, size, warnings}, opened.move())
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.#opened[Symbol.asyncDispose]()
	}
}

/** The disk whose files are open. @param waiting as ImageFile has it. */
export async function attachDisk({layers, isReadOnly}: DiskFiles, waiting?: Waiting): Promise<DiskImage> {
	let image: DiskImage | undefined
	for (const [index, layer] of [...layers.entries()].reverse())
		image = await attachLayer(layer, {backing: image, isReadOnly: isReadOnly || index > 0, waiting})
	return image!
}

async function attachLayer(
	{descriptor, format, isProbed, path}: DiskLayer,
	{backing, isReadOnly, waiting}: {backing: DiskImage | undefined; isReadOnly: boolean; waiting: Waiting | undefined},
): Promise<DiskImage> {
	const file = new ImageFile(descriptor, waiting)
	if (format === 'raw') return new RawImage(file, {bytes: await file.size(), isProbed})
	const header = await readHeader(file, path)
	try {
		return await Qcow2Image.open(file, {header, backing, isReadOnly})
	} catch (error) {
		throw new UserError(`Could not open '${path}': ${(error as Error).message}`)
	}
}

/** @returns the path of the file behind a qcow2 image; undefined if there is none. @throws UserError if it is no such image. */
export async function backingFileOf(path: string): Promise<string | undefined> {
	await using opened = new AsyncDisposableStack()
	const descriptor = await openImage(path, {isWritten: false, opened, chain: {file: path, seen: new Set()}})
	const {backing} = await readHeader(new ImageFile(descriptor), path)
	return backing && resolve(dirname(path), backing.name)
}

/** Bytes. Changes no file. */
async function sizeOf(files: DiskFiles): Promise<number> {
	return (await attachDisk({...files, isReadOnly: true})).size
}

type OpenOptions = Readonly<{
	isWritten: boolean
	opened: AsyncDisposableStack
	/** The disk's image, and what identifies those of the chain so far, whatever their names are. */
	chain: Readonly<{file: string; seen: Set<string>}>
}>

/** @returns its descriptor. */
async function openImage(path: string, {isWritten, opened, chain}: OpenOptions): Promise<number> {
	// Without waiting for the other end of a pipe.
	const flags = (isWritten ? constants.O_RDWR : constants.O_RDONLY) | constants.O_NONBLOCK
	const descriptor = await openFile(path, flags).catch((error: NodeJS.ErrnoException) => {
		throw new UserError(`Could not open '${path}': ${reasonOf(error)}`)
	})
	opened.defer(() => closeFile(descriptor))
	const stats = await statFile(descriptor, {bigint: true})
	if (!stats.isFile()) throw new UserError(`Could not open '${path}': it is no regular file`)
	const identity = `${stats.dev}:${stats.ino}`
	if (chain.seen.has(identity))
		throw new UserError(`Could not open '${chain.file}': '${path}' is behind itself as a backing file`)
	chain.seen.add(identity)
	const kind = isWritten ? 'write' : 'read'
	const lock = await FileLock.acquire(stats, kind)
	if (!lock) throw new UserError(`Failed to get "${kind}" lock: is another process using the image [${path}]?`)
	opened.defer(() => lock.release())
	return descriptor
}

async function layerOf(
	path: string,
	{descriptor, format}: {descriptor: number; format: DiskFormat | undefined},
): Promise<DiskLayer> {
	if (format) return {path, descriptor, format, isProbed: false}
	const start = new Uint8Array(512)
	await new ImageFile(descriptor).read(0, start)
	const probed = probeFormat(start)
	if (!isDiskFormat(probed))
		throw new UserError(
			`Could not open '${path}': it looks like an image of the format ${probed}, which cannot be read here`,
		)
	return {path, descriptor, format: probed, isProbed: true}
}

/** @returns where the image behind this one is. */
async function backingOf(
	{path, descriptor, format}: DiskLayer,
	isWritten: boolean,
): Promise<{path: string; format: DiskFormat | undefined} | undefined> {
	if (format === 'raw') return undefined
	const image = new ImageFile(descriptor)
	const header = await readHeader(image, path)
	const {backing} = header
	if (isWritten && header.incompatible & Incompatible.dirty)
		await repairRefcounts(image, header).catch(({message}: Error) => {
			throw new UserError(
				`Could not open '${path}': its refcounts are out of date, and ${message}: run qemu-img check -r all on it`,
			)
		})
	if (!backing) return undefined
	if (/^[^/]*:/.test(backing.name))
		throw new UserError(`Could not open '${path}': its backing file '${backing.name}' is not named by a path`)
	if (backing.format !== undefined && !isDiskFormat(backing.format))
		throw new UserError(
			`Could not open '${path}': its backing file is of the format ${backing.format}, which cannot be read here`,
		)
	return {path: resolve(dirname(path), backing.name), format: backing.format}
}

/** A file without a name, which is gone when it is closed. */
async function createOverlay(size: number, opened: AsyncDisposableStack): Promise<DiskLayer> {
	const folder = await mkdtemp(join(tmpdir(), 'manyhart-'))
	try {
		const path = join(folder, 'snapshot.qcow2')
		const descriptor = await openFile(path, 'wx+', 0o600)
		opened.defer(() => closeFile(descriptor))
		await createQcow2(new ImageFile(descriptor), size)
		return {path, descriptor, format: 'qcow2', isProbed: false}
	} catch (error) {
		throw new UserError(`Could not create a temporary file in ${tmpdir()}: ${reasonOf(error as NodeJS.ErrnoException)}`)
	} finally {
		await rm(folder, {recursive: true, force: true})
	}
}

function isDiskFormat(name: string): name is DiskFormat {
	return diskFormats.some((format) => format === name)
}

function reasonOf({errno, message}: NodeJS.ErrnoException): string {
	if (errno === undefined) return message
	const text = getSystemErrorMap().get(errno)?.[1] ?? message
	return text.charAt(0).toUpperCase() + text.slice(1)
}

function probeWarning(file: string): string {
	return `Image format was not specified for '${file}' and probing guessed raw: a write to its first sector that would make it another format is refused. Specify the format raw to remove the restriction.`
}
