/** IPsec (linux/xfrm.h). */

// nlmsg_type.
export const XFRM_MSG_NEWSADINFO = 0x22;
export const XFRM_MSG_GETSADINFO = 0x23;
export const XFRM_MSG_NEWSPDINFO = 0x24;
export const XFRM_MSG_GETSPDINFO = 0x25;

// The attribute of XFRM_MSG_NEWSADINFO that counts states, that of XFRM_MSG_NEWSPDINFO that counts policies.
export const XFRMA_SAD_CNT = 1;
export const XFRMA_SPD_INFO = 1;
