/**
 * The numbers of system calls under the names that the C library's headers give them, as they are on x64 and arm64. Those of
 * netlink, families of sockets among them, are in netlink/constants.ts. Nothing but constants.
 */

// Flags of open(2) that node:fs does not have, and fcntl(2) (fcntl.h).
export const O_ASYNC = 0o20000;
export const O_PATH = 0o10000000;
export const O_CLOEXEC = 0o2000000;
export const F_GETFD = 1;
export const F_SETFD = 2;
export const F_GETFL = 3;
export const F_SETFL = 4;
export const F_SETOWN = 8;
export const FD_CLOEXEC = 1;
export const AT_REMOVEDIR = 0x200;

// openat2(2) (linux/openat2.h).
export const RESOLVE_NO_XDEV = 1;
export const RESOLVE_NO_MAGICLINKS = 2;
export const RESOLVE_NO_SYMLINKS = 4;
export const RESOLVE_BENEATH = 8;

// flock(2) (sys/file.h).
export const LOCK_SH = 1;
export const LOCK_EX = 2;
export const LOCK_NB = 4;
export const LOCK_UN = 8;

// mount(2) and umount2(2) (sys/mount.h).
export const MS_RDONLY = 1;
export const MS_NOSUID = 2;
export const MS_NODEV = 4;
export const MS_NOEXEC = 8;
export const MS_REMOUNT = 32;
export const MS_NOATIME = 1024;
export const MS_NODIRATIME = 2048;
export const MS_BIND = 4096;
export const MS_MOVE = 8192;
export const MS_REC = 16384;
export const MS_PRIVATE = 1 << 18;
export const MS_SLAVE = 1 << 19;
export const MS_SHARED = 1 << 20;
export const MS_RELATIME = 1 << 21;
export const MNT_DETACH = 2;
export const UMOUNT_NOFOLLOW = 8;

// statvfs(3) (sys/statvfs.h): as MS_*, but for this one.
export const ST_RELATIME = 4096;

// unshare(2) and setns(2) (sched.h).
export const CLONE_FS = 0x200;
export const CLONE_NEWNS = 0x20000;
export const CLONE_NEWNET = 0x40000000;

// ioctl(2) on a namespace (linux/nsfs.h), a socket (linux/sockios.h) and a tap (linux/if_tun.h).
export const NS_GET_NSTYPE = 0xb703;
export const SIOCGIFFLAGS = 0x8913;
export const SIOCSIFFLAGS = 0x8914;
export const SIOCGSKNS = 0x894c;
export const TUNSETIFF = 0x400454ca;
export const TUNSETPERSIST = 0x400454cb;
export const TUNSETIFINDEX = 0x400454da;
export const IFF_TAP = 0x2;
export const IFF_NO_PI = 0x1000;

// prctl(2) (linux/prctl.h).
export const PR_SET_CHILD_SUBREAPER = 36;
export const PR_CAP_AMBIENT = 47;
export const PR_CAP_AMBIENT_CLEAR_ALL = 4;

// waitid(2) (sys/wait.h).
export const P_ALL = 0;
export const P_PID = 1;
export const WNOHANG = 1;
export const WEXITED = 4;
export const WNOWAIT = 0x01000000;

// System calls that the C library has no function for; the same number on every architecture.
export const SYS_PIDFD_OPEN = 434;
export const SYS_OPENAT2 = 437;
export const SYS_PIDFD_GETFD = 438;

// socket(2): types, and flags beside the type (sys/socket.h).
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;

// Levels and options of sockets (sys/socket.h, netinet/in.h).
export const SOL_IP = 0;
export const SOL_SOCKET = 1;
export const SOL_IPV6 = 41;
export const SOL_RAW = 255;
export const SO_REUSEADDR = 2;
export const SO_ERROR = 4;
export const SO_SNDBUF = 7;
export const SO_RCVBUF = 8;
export const SO_LINGER = 13;
export const SO_PEERCRED = 17;
export const SO_SNDBUFFORCE = 32;
export const SO_RCVBUFFORCE = 33;
export const IP_RECVERR = 11;
export const IPV6_RECVERR = 25;
export const IPV6_V6ONLY = 26;

// Flags of send(2) and recv(2) (sys/socket.h).
export const MSG_TRUNC = 0x20;
export const MSG_DONTWAIT = 0x40;
export const MSG_ERRQUEUE = 0x2000;
export const MSG_NOSIGNAL = 0x4000;

// poll(2) (poll.h).
export const POLLIN = 1;
export const POLLOUT = 4;

// epoll(7) (sys/epoll.h).
export const EPOLLIN = 1;
export const EPOLLOUT = 4;
export const EPOLLERR = 8;
export const EPOLLHUP = 16;
export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_DEL = 2;
export const EPOLL_CLOEXEC = 0o2000000;
