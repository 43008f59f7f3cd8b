# SPDX-License-Identifier: BSD-3-Clause
"""A file in a file system (FUSE) that does not answer what it is asked: where the file's
attributes are asked for, or its bytes.  Needs the right to mount; OSError where that is
missing.
"""
import ctypes
import os
import struct
import tempfile
import threading

INIT, OPEN, GETATTR, FORGET, READ, WRITE = 26, 14, 3, 2, 15, 16
SIZE = 8 << 20          # bytes that the file is said to have
MNT_FORCE, MNT_DETACH = 1, 2
libc = ctypes.CDLL(None, use_errno=True)


def checked(rc, what):
    if rc != 0:
        number = ctypes.get_errno()
        raise OSError(number, f'{what}: {os.strerror(number)}')


class Silent:
    """fd: the open file.  Without attributes nothing is answered once it is open; with them,
    all but reads and writes.
    """

    def __init__(self, attributes=False):
        self.attributes = attributes
        self.device = os.open('/dev/fuse', os.O_RDWR)
        handle, self.place = tempfile.mkstemp()
        os.close(handle)
        options = f'fd={self.device},rootmode=100666,user_id=0,group_id=0'
        try:
            checked(libc.mount(b'silent', self.place.encode(), b'fuse', 6, options.encode()),
                    'mount')
        except OSError:
            os.close(self.device)
            os.unlink(self.place)
            raise
        self.opened = False
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()
        self.fd = os.open(self.place, os.O_RDWR)
        if not attributes:
            self.thread.join()

    def serve(self):
        try:
            while self.attributes or not self.opened:
                self.serve_one(os.read(self.device, 1 << 17))
        except OSError:
            pass                # it is closed

    def serve_one(self, data):
        _, opcode, unique, _ = struct.unpack('<IIQQ', data[:24])
        if opcode == INIT:
            self.answer(unique, struct.pack('<IIIIHHIIHH', 7, 31, 4096, 0, 1, 1, 4096, 1,
                                            0, 0) + bytes(28))
        elif opcode == GETATTR:
            self.answer(unique, struct.pack('<QII', 0, 0, 0) + struct.pack(
                '<QQQQQQIIIIIIIIII', 1, SIZE, SIZE // 512, 0, 0, 0, 0, 0, 0, 0o100666, 1,
                0, 0, 0, 4096, 0))
        elif opcode == OPEN:
            self.answer(unique, struct.pack('<QII', 1, 0, 0))
            self.opened = True
        elif opcode not in (FORGET, READ, WRITE):
            os.write(self.device, struct.pack('<IiQ', 16, -38, unique))

    def answer(self, unique, body):
        os.write(self.device, struct.pack('<IiQ', 16 + len(body), 0, unique) + body)

    def close(self):
        """Ends the connection to the kernel first, so that whoever waits is let go."""
        libc.umount2(self.place.encode(), MNT_FORCE)
        libc.umount2(self.place.encode(), MNT_DETACH)
        self.thread.join()
        os.close(self.device)
        try:
            os.close(self.fd)
        except OSError:
            pass                # there is nobody to tell any more
        os.unlink(self.place)
