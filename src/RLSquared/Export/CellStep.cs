using RLSquared.Policies;
using RLSquared.Tensors.Layers;

namespace RLSquared.Export;

/// <summary>
/// One step of a table of cells (<see cref="CellTable"/>) as ONNX nodes. To read and to write the cell of a pair of
/// state and action is a product with ones and zeros, which is exact and in every engine, where scattering is not. A
/// lane's state holds all K cells, the state that was seen last, the steps since its episode began, and whether the
/// trial has begun.
/// </summary>
sealed class CellStep(OnnxGraph graph, OnnxLayers layers, CellPolicy policy)
{
    readonly CellTable table = policy.Table;
    readonly InputRow rowLayout = policy.Row;

    /// <summary>What a lane's state is made of.</summary>
    public IEnumerable<(string Name, int Width)> State
    {
        get
        {
            yield return ("cells", table.Count * table.H);
            if (table.Size.States > 1)
                yield return ("previous_state", table.Size.States);
            yield return ("steps_of_episode", 1);
            yield return ("trial_has_begun", 1);
        }
    }

    /// <summary>Adds the nodes: the logits [B, A] and the next state [B, M] of rows [B, I] and states [B, M].</summary>
    public (string Logits, string NextState) Add(string row, string state)
    {
        (int S, int A) = table.Size;
        int K = table.Count, H = table.H, afterCells = K * H, last = State.Sum(part => part.Width);
        (Gru cell, Linear read, Linear clock) = table.Layers;
        string one = graph.Number(1);
        string before = graph.Columns("cells_before", state, 0, afterCells);
        string cells = graph.Reshape("cells", before, OnnxGraph.Batch, K, H);
        string began = graph.Columns("began", state, last - 1, last);

        // The cell of the pair that the last step visited is a one among zeros, [B, 1, K].
        string action = graph.Columns("action_ones", row, rowLayout.States, rowLayout.OneHotWidth);
        string pair = S == 1 ? action : graph.Node("pair", "Mul",
        [
            graph.Reshape("state_before", graph.Columns("state_ones_before", state, afterCells, afterCells + S),
                OnnxGraph.Batch, S, 1),
            graph.Reshape("action_beside", action, OnnxGraph.Batch, 1, A),
        ]);
        string place = graph.Reshape("place", pair, OnnxGraph.Batch, 1, K);
        string previous = graph.Reshape(
            "cell_before", graph.Node("cell_read", "MatMul", [place, cells]), OnnxGraph.Batch, H);
        string numbers = graph.Columns("row_numbers", row, rowLayout.OneHotWidth, rowLayout.Width);
        string next = layers.Gru("cell", cell, numbers, previous);                                       // [B, H]

        // The first input of a trial is written to all cells, any other to the one that was visited.
        string begun = graph.Reshape("begun", began, OnnxGraph.Batch, 1, 1);
        string written = graph.Node("written", "Add",
        [
            graph.Node("visited", "Mul", [graph.Reshape("place_down", pair, OnnxGraph.Batch, K, 1), begun]),
            graph.Node("all_at_first", "Sub", [one, begun]),
        ]);                                                                                              // [B, K, 1]
        string kept = graph.Node("cells_kept", "Mul", [cells, graph.Node("not_written", "Sub", [one, written])]);
        string changed = graph.Node(
            "cells_changed", "Mul", [graph.Reshape("cell_beside", next, OnnxGraph.Batch, 1, H), written]);
        string now = graph.Node("cells_now", "Add", [kept, changed]);                                    // [B, K, H]

        (string times, string since) = Times(row, graph.Columns("steps_before", state, last - 2, last - 1));
        string? stateOnes = S == 1 ? null : graph.Columns("state_seen", row, 0, S);
        string shown = stateOnes is null ? now : graph.Reshape("shown", graph.Node("shown_row", "MatMul",
        [
            graph.Reshape("state_beside", stateOnes, OnnxGraph.Batch, 1, S),
            graph.Reshape("cells_by_state", now, OnnxGraph.Batch, S, A * H),
        ]), OnnxGraph.Batch, A, H);
        string y = graph.Node("cells_in_time", "Add",
        [
            layers.LinearOfMany("contents", read, shown),
            graph.Reshape("clock_beside", layers.Linear("clock", clock, times), OnnxGraph.Batch, 1, H),
        ]);                                                                                              // [B, A, H]
        string logits = layers.LinearOfMany("cell_logits", policy.Head, graph.Node("cells_seen", "Tanh", [y]));

        string hasBegun = graph.Node("has_begun", "Add", [graph.Node("never", "Mul", [began, graph.Number(0)]), one]);
        string flat = graph.Reshape("cells_after", now, OnnxGraph.Batch, afterCells);
        return (graph.Reshape("policy_outputs", logits, OnnxGraph.Batch, A), stateOnes is null
            ? graph.Beside("policy_memory", flat, since, hasBegun)
            : graph.Beside("policy_memory", flat, stateOnes, since, hasBegun));
    }

    // The clock: the time to go, its logarithm, and the steps since the episode began; and these steps themselves.
    (string Times, string Since) Times(string row, string before)
    {
        string one = graph.Number(1);
        string ended = Part("ended", InputKind.PreviousDone)!;
        string since = graph.Node("steps", "Mul",
        [
            graph.Node("goes_on", "Sub", [one, ended]), graph.Node("steps_more", "Add", [before, one]),
        ]);
        string left = Part("left", InputKind.TimeToGo)
            ?? graph.Node("left", "Mul", [ended, graph.Number(0)]);
        string stepsLeft = graph.Node("steps_left", "Mul", [left, graph.Number(policy.TrialLength)]);
        string logarithm = graph.Node("log_steps_left", "Log", [graph.Node("steps_left_1", "Add", [stepsLeft, one])]);
        string times = graph.Beside("times", left,
            graph.Node("time_scale", "Div", [logarithm, graph.Number(CellTable.LogScale)]),
            graph.Node("episode_share", "Div",
                [since, graph.Node("steps_10", "Add", [since, graph.Number(CellTable.StepScale)])]));
        return (times, since);

        string? Part(string name, InputKind kind)
        {
            InputPart? part = rowLayout.Find(kind);
            return part is { } found ? graph.Columns(name, row, found.Start, found.Start + found.Width) : null;
        }
    }
}
