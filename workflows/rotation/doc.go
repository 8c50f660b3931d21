// Package rotation replaces the secrets of the house before they are old.
//
// A Temporal Schedule starts RotationRound every day, which begins a
// SecretRotation for each secret whose time has come; an engineer may begin one by
// hand. There is one for a secret at a time: its ID is rotation/<secret>. It makes
// a new version, or waits for the person who makes it, and promises:
//   - a version is tried before it is in force, and again after every program has
//     read it; one that is refused is withdrawn, and what was in force before is in
//     force again;
//   - two versions are valid for as long as somebody may still use the former one,
//     and a person is asked to end that;
//   - a hold stops it before each change, and a cancel at any time leaves the former
//     version in force;
//   - no secret's text enters a history: it knows names, versions and codes.
package rotation
