// Command evidence_oracle checks a bundle, its older checkpoints and its proofs with an independent implementation:
// golang.org/x/mod/sumdb/note and tlog; with a witness's key it asks for that witness's cosignature, too. It exits 1 at
// the first disagreement.
//
//	evidence_oracle FOLDER VKEY PROOFS [WITNESS_VKEY]
//	evidence_oracle live ADDRESS VKEY TOKEN
package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type proofs struct {
	Inclusion []struct {
		Size, Index int64
		Proof       []tlog.Hash
	}
	Consistency []struct {
		Old, New int64
		Proof    []tlog.Hash
	}
}

func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "disagree:", err)
		os.Exit(1)
	}
}

// files reads tiles of height 8 from the bundle, whose paths do not name the height.
type files string

func (folder files) Height() int { return 8 }

func (folder files) SaveTiles([]tlog.Tile, [][]byte) {}

func (folder files) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range tiles {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		data, err := os.ReadFile(filepath.Join(string(folder), path))
		if err != nil {
			return nil, err
		}
		found = append(found, data)
	}
	return found, nil
}

func tree(path string, known note.Verifiers) tlog.Tree {
	opened := must(note.Open(must(os.ReadFile(path)), known))
	lines := strings.Split(opened.Text, "\n")
	return tlog.Tree{N: must(strconv.ParseInt(lines[1], 10, 64)), Hash: must(tlog.ParseHash(lines[2]))}
}

func entries(folder string, size int64) []tlog.Hash {
	var leaves []tlog.Hash
	for first := int64(0); first < size; first += 256 {
		tile := tlog.Tile{H: 8, L: -1, N: first / 256, W: int(min(256, size-first))}
		path := strings.Replace(tile.Path(), "tile/8/data/", "tile/entries/", 1)
		data := must(os.ReadFile(filepath.Join(folder, path)))
		for len(data) > 0 {
			length := binary.BigEndian.Uint16(data)
			leaves = append(leaves, tlog.RecordHash(data[2:2+length]))
			data = data[2+length:]
		}
	}
	return leaves
}

// witness verifies cosignature/v1 lines of C2SP tlog-cosignature, which the note package does not know.
type witness struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (w witness) Name() string { return w.name }

func (w witness) KeyHash() uint32 { return w.hash }

func (w witness) Verify(text, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	said := fmt.Sprintf("cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(signature), text)
	return ed25519.Verify(w.key, []byte(said), signature[8:])
}

func newWitness(vkey string) (witness, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return witness{}, errors.New("not a vkey")
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) != 33 || key[0] != 4 {
		return witness{}, errors.New("not a witness's vkey")
	}
	digest := sha256.Sum256(append([]byte(parts[0]+"\n"), key...))
	hash := binary.BigEndian.Uint32(digest[:4])
	if fmt.Sprintf("%08x", hash) != parts[1] {
		return witness{}, errors.New("the vkey's ID does not fit its key")
	}
	return witness{parts[0], hash, ed25519.PublicKey(key[1:])}, nil
}

func cosigned(path string, log note.Verifier, vkey string) {
	verifier := must(newWitness(vkey))
	opened := must(note.Open(must(os.ReadFile(path)), note.VerifierList(log, verifier)))
	for _, signature := range opened.Sigs {
		if signature.Name == verifier.name && signature.Hash == verifier.hash {
			return
		}
	}
	check(errors.New("no cosignature of the witness"))
}

func older(folder string, known note.Verifiers, trees map[int64]tlog.Tree) {
	names, err := os.ReadDir(filepath.Join(folder, "checkpoints"))
	if !errors.Is(err, os.ErrNotExist) {
		check(err)
	}
	for _, name := range names {
		found := tree(filepath.Join(folder, "checkpoints", name.Name()), known)
		if strconv.FormatInt(found.N, 10) != name.Name() {
			check(fmt.Errorf("checkpoint %s is of size %d", name.Name(), found.N))
		}
		trees[found.N] = found
	}
}

func main() {
	if os.Args[1] == "live" {
		live(site{os.Args[2], os.Args[4]}, note.VerifierList(must(note.NewVerifier(os.Args[3]))))
		return
	}
	folder := os.Args[1]
	log := must(note.NewVerifier(os.Args[2]))
	known := note.VerifierList(log)
	newest := tree(filepath.Join(folder, "checkpoint"), known)
	trees := map[int64]tlog.Tree{newest.N: newest}
	older(folder, known, trees)
	if len(os.Args) > 4 {
		cosigned(filepath.Join(folder, "checkpoint"), log, os.Args[4])
	}
	leaves := entries(folder, newest.N)
	reader := tlog.TileHashReader(newest, files(folder))
	for index, leaf := range leaves {
		stored := must(reader.ReadHashes([]int64{tlog.StoredHashIndex(0, int64(index))}))
		if stored[0] != leaf {
			check(fmt.Errorf("leaf %d", index))
		}
	}
	for size, tree := range trees {
		if must(tlog.TreeHash(size, reader)) != tree.Hash {
			check(fmt.Errorf("root of size %d", size))
		}
	}
	var given proofs
	check(json.Unmarshal(must(os.ReadFile(os.Args[3])), &given))
	for _, each := range given.Inclusion {
		check(tlog.CheckRecord(each.Proof, each.Size, trees[each.Size].Hash, each.Index, leaves[each.Index]))
	}
	for _, each := range given.Consistency {
		check(tlog.CheckTree(each.Proof, each.New, trees[each.New].Hash, each.Old, trees[each.Old].Hash))
	}
	fmt.Println(len(leaves), len(trees), len(given.Inclusion), len(given.Consistency))
}
