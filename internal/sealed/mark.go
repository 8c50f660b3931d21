// Package sealed names the one fact that the codec tells workflow code about a
// payload. It is a package of its own so that workflow code imports no
// cryptography.
package sealed

// Mark is the payload metadata key that the codec sets on what it decrypted,
// and removes from everything else: a sender cannot forge it.
const Mark = "guestjourney-sealed"
