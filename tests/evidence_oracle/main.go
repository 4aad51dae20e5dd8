// Command evidence_oracle checks a bundle, its checkpoints of every size and its proofs with an independent
// implementation: golang.org/x/mod/sumdb/note and tlog. It exits 1 at the first disagreement.
//
//	evidence_oracle FOLDER VKEY PROOFS
//	evidence_oracle live ADDRESS VKEY TOKEN
package main

import (
	"encoding/binary"
	"encoding/json"
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

func main() {
	if os.Args[1] == "live" {
		live(site{os.Args[2], os.Args[4]}, note.VerifierList(must(note.NewVerifier(os.Args[3]))))
		return
	}
	folder := os.Args[1]
	known := note.VerifierList(must(note.NewVerifier(os.Args[2])))
	newest := tree(filepath.Join(folder, "checkpoint"), known)
	trees := map[int64]tlog.Tree{newest.N: newest}
	for size := int64(1); size < newest.N; size++ {
		trees[size] = tree(filepath.Join(folder, "checkpoints", strconv.FormatInt(size, 10)), known)
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
