/** Numbers on the wire. 9P2000.L: diod's protocol.md; Linux's include/net/9p/9p.h. */

/** Requests; the answer of each has the next number. */
export const Message = {
	Tstatfs: 8,
	Tlopen: 12,
	Tlcreate: 14,
	Tsymlink: 16,
	Tmknod: 18,
	Trename: 20,
	Treadlink: 22,
	Tgetattr: 24,
	Tsetattr: 26,
	Txattrwalk: 30,
	Txattrcreate: 32,
	Treaddir: 40,
	Tfsync: 50,
	Tlock: 52,
	Tgetlock: 54,
	Tlink: 70,
	Tmkdir: 72,
	Trenameat: 74,
	Tunlinkat: 76,
	Tversion: 100,
	Tauth: 102,
	Tattach: 104,
	Tflush: 108,
	Twalk: 110,
	Tread: 116,
	Twrite: 118,
	Tclunk: 120,
	Tremove: 122,
} as const
export const Rlerror = 7

/** size[4] type[1] tag[2] */
export const headerBytes = 7
/** What precedes the contents in a Twrite, the longer one of Twrite and Rread; Linux reserves a byte more. */
export const contentsHeaderBytes = 24
export const maximumWalk = 16
export const smallestMessage = 4096
export const noFid = 0xffff_ffff

export const QidType = {folder: 0x80, link: 0x02, file: 0} as const

/** Linux's open flags on the wire, which are those of most architectures. */
export const OpenFlag = {
	accessMode: 0o3,
	writeOnly: 0o1,
	readWrite: 0o2,
	create: 0o100,
	exclusive: 0o200,
	truncate: 0o1000,
	append: 0o2000,
	dataSync: 0o10000,
	folder: 0o200000,
	sync: 0o4000000,
} as const

export const GetattrMask = {basic: 0x7ff, birthTime: 0x800} as const

export const SetattrMask = {
	mode: 0x1,
	uid: 0x2,
	gid: 0x4,
	size: 0x8,
	accessTime: 0x10,
	modificationTime: 0x20,
	changeTime: 0x40,
	accessTimeGiven: 0x80,
	modificationTimeGiven: 0x100,
} as const

export const removeFolder = 0x200
export const Lock = {block: 1, success: 0, unlocked: 2} as const

export const FileType = {
	mask: 0o170000,
	socket: 0o140000,
	link: 0o120000,
	file: 0o100000,
	block: 0o060000,
	folder: 0o040000,
	character: 0o020000,
	fifo: 0o010000,
} as const
