package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// site reads a running log over HTTP; token speaks for an auditor, who may read entries.
type site struct{ address, token string }

func (log site) get(path string) ([]byte, error) {
	request := must(http.NewRequest("GET", log.address+path, nil))
	request.Header.Set("Authorization", "Bearer "+log.token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != 200 {
		return nil, fmt.Errorf("%s: %s", path, response.Status)
	}
	return io.ReadAll(response.Body)
}

func (log site) Height() int { return 8 }

func (log site) SaveTiles([]tlog.Tile, [][]byte) {}

func (log site) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range tiles {
		data, err := log.get("/" + strings.Replace(tile.Path(), "tile/8/", "tile/", 1))
		if err != nil {
			return nil, err
		}
		found = append(found, data)
	}
	return found, nil
}

func (log site) entries(size int64) []tlog.Hash {
	var leaves []tlog.Hash
	for first := int64(0); first < size; first += 256 {
		tile := tlog.Tile{H: 8, L: -1, N: first / 256, W: int(min(256, size-first))}
		data := must(log.get("/" + strings.Replace(tile.Path(), "tile/8/data/", "tile/entries/", 1)))
		for len(data) > 0 {
			length := binary.BigEndian.Uint16(data)
			leaves = append(leaves, tlog.RecordHash(data[2:2+length]))
			data = data[2+length:]
		}
	}
	return leaves
}

func opened(raw []byte, known note.Verifiers) tlog.Tree {
	lines := strings.Split(must(note.Open(raw, known)).Text, "\n")
	return tlog.Tree{N: must(strconv.ParseInt(lines[1], 10, 64)), Hash: must(tlog.ParseHash(lines[2]))}
}

// live checks every checkpoint, entry and tile that a running log serves, and proofs between all of them.
func live(log site, known note.Verifiers) {
	newest := opened(must(log.get("/checkpoint")), known)
	leaves := log.entries(newest.N)
	reader := tlog.TileHashReader(newest, log)
	for index, leaf := range leaves {
		if must(reader.ReadHashes([]int64{tlog.StoredHashIndex(0, int64(index))}))[0] != leaf {
			check(fmt.Errorf("leaf %d", index))
		}
	}
	var listed struct{ Checkpoints []struct{ Note string } }
	check(json.Unmarshal(must(log.get("/v1/log/checkpoints?limit=1000")), &listed))
	proofs := 0
	for _, each := range listed.Checkpoints {
		tree := opened([]byte(each.Note), known)
		if must(tlog.TreeHash(tree.N, reader)) != tree.Hash {
			check(fmt.Errorf("root of size %d", tree.N))
		}
		var consistency struct{ Proof []tlog.Hash }
		path := fmt.Sprintf("/v1/log/proof/consistency?old=%d&new=%d", tree.N, newest.N)
		check(json.Unmarshal(must(log.get(path)), &consistency))
		check(tlog.CheckTree(consistency.Proof, newest.N, newest.Hash, tree.N, tree.Hash))
		for _, index := range []int64{0, tree.N / 2, tree.N - 1} {
			var inclusion struct{ Proof []tlog.Hash }
			path := fmt.Sprintf("/v1/log/proof/inclusion?index=%d&size=%d", index, tree.N)
			check(json.Unmarshal(must(log.get(path)), &inclusion))
			check(tlog.CheckRecord(inclusion.Proof, tree.N, tree.Hash, index, leaves[index]))
			proofs += 2
		}
	}
	fmt.Println(len(leaves), len(listed.Checkpoints), proofs)
}
