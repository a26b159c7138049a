/** Which format an image has, by its first bytes. */

/** What formats of images begin with, those that we do not read among them. */
const magics: readonly Readonly<{format: string; at?: number; bytes: readonly number[] | string}>[] = [
	{format: 'qcow2', bytes: [0x51, 0x46, 0x49, 0xfb]},
	{format: 'qed', bytes: 'QED\0'},
	{format: 'vmdk', bytes: 'KDMV'},
	{format: 'vmdk', bytes: 'COWD'},
	{format: 'vmdk', bytes: '# Disk DescriptorFile'},
	{format: 'vhdx', bytes: 'vhdxfile'},
	{format: 'vpc', bytes: 'conectix'},
	{format: 'vdi', at: 0x40, bytes: [0x7f, 0x10, 0xda, 0xbe]},
	{format: 'luks', bytes: [0x4c, 0x55, 0x4b, 0x53, 0xba, 0xbe]},
	{format: 'parallels', bytes: 'WithoutFreeSpace'},
	{format: 'parallels', bytes: 'WithouFreSpacExt'},
	{format: 'bochs', bytes: 'Bochs Virtual HD Image'},
	{format: 'cloop', bytes: '#!/bin/sh\n#V2.0 Format\n'},
]

/** @param start the first 512 bytes. @returns `raw` if they look like no other format. */
export function probeFormat(start: Uint8Array): string {
	const found = magics.find(({at = 0, bytes}) => {
		const magic = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : Buffer.from(bytes)
		return magic.equals(start.subarray(at, at + magic.length))
	})
	return found?.format ?? 'raw'
}
