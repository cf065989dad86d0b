using System.Numerics;
using System.Text.Json;
using RLSquared.Cli.Sessions;
using RLSquared.Tasks;
using RLSquared.Tasks.Mazes;

namespace RLSquared.Cli.Output;

/// <summary>A trial, step by step, as JSON: what <c>play --json</c> prints and the page replays.</summary>
internal static class TrialOutput
{
    /// <summary>Plays the trial and writes the properties of its JSON object.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="trial">The trial, not yet begun.</param>
    /// <param name="mostSteps">After so many steps the rest is left out.</param>
    /// <param name="mostBytes">When about so many bytes are written the rest is left out.</param>
    /// <param name="withViews">Whether images that the agent sees are written, each as Base64.</param>
    /// <param name="cancellation">Asks for the end.</param>
    public static void WriteJson(
        Utf8JsonWriter json, PlayedTrial trial, int mostSteps = int.MaxValue, long mostBytes = long.MaxValue,
        bool withViews = false, CancellationToken cancellation = default)
    {
        TaskDistribution task = trial.Task;
        json.WriteString("agent", trial.Agent.Name);
        json.WriteString("task", task.Name);
        json.WriteStartObject("options");
        foreach ((string key, string value) in task.Settings)
            json.WriteString(key, value);
        json.WriteEndObject();
        json.WriteNumber("seed", trial.Seed);
        json.WriteNumber("trial", trial.Number);
        json.WriteString("kind", Kind(trial));
        json.WriteNumber("actions", task.Actions);
        json.WriteNumber("trialLength", task.TrialLength);
        if (task.TrialLength <= mostSteps && trial.BestTotal is { } best)
            json.WriteNumber("bestTotal", best);
        if (trial.Means.Length > 0)
            WriteNumbers(json, "arms", trial.Means);
        if (trial.HasStates)
            json.WriteNumber("states", task.Observation.Size);
        if (trial.Maze is { } lanes)
            WriteMaze(json, lanes.MazeOf(0));
        double total = WriteSteps(json, trial, mostSteps, mostBytes, withViews, cancellation);
        json.WriteNumber("total", total);
    }

    /// <summary>
    /// What sort of picture fits: <c>bandit</c>, <c>states</c>, <c>maze</c>, <c>world</c>, or <c>other</c>.
    /// </summary>
    static string Kind(PlayedTrial trial) => trial.IsBandit ? "bandit" : trial.Maze is not null ? "maze"
        : trial.World is not null ? "world" : trial.HasStates && trial.Task.Action.IsDiscrete ? "states" : "other";

    static double WriteSteps(
        Utf8JsonWriter json, PlayedTrial trial, int mostSteps, long mostBytes, bool withViews,
        CancellationToken cancellation)
    {
        double total = 0;
        bool isOver = false;
        WorldView? shown = null;
        bool isImage = trial.Task.Observation.Kind == ObservationKind.Image;
        bool isVector = trial.Task.Observation.Kind == ObservationKind.Vector;
        json.WriteStartArray("steps");
        using IEnumerator<PlayedStep> steps = trial.Steps().GetEnumerator();
        for (int number = 1; number <= mostSteps && json.BytesCommitted + json.BytesPending < mostBytes; number++)
        {
            cancellation.ThrowIfCancellationRequested();
            // What the agent sees before it acts, and where it is.
            float[] seen = (withViews && isImage) || isVector ? trial.View.ToArray() : [];
            Pose? pose = trial.Maze?.PoseOf(0);
            WorldView? world = trial.World;
            isOver = !steps.MoveNext();
            if (isOver)
                break;
            PlayedStep step = steps.Current;
            json.WriteStartObject();
            json.WriteNumber("step", step.Number);
            if (step.State is { } state)
                json.WriteNumber("state", state);
            if (isVector)
                WriteNumbers(json, "observation", seen);
            if (isImage && withViews)
                json.WriteBase64String("view", Array.ConvertAll(seen, pixel => (byte)pixel));
            if (pose is { } place)
                WriteNumbers(json, "pose", [place.X, place.Y, place.Heading]);
            if (world is not null)
                WriteWorld(json, world, shown);
            shown = world;
            if (trial.IsRestless)
                WriteNumbers(json, "arms", step.Means);
            if (step.Skill is { } skill)
                json.WriteNumber("skill", skill);
            if (step.Explores is { } explores)
                json.WriteString("phase", explores ? "explore" : "exploit");
            if (step.Probabilities.Length > 0)
                WriteNumbers(json, "probabilities", step.Probabilities);
            if (trial.Task.Action.IsDiscrete)
                json.WriteNumber("action", step.Action);
            if (!trial.Task.Action.IsDiscrete && step.Choices.Length > 0)
                WriteNumbers(json, "choices", [.. step.Choices.Select(choice => (float)choice)]);
            if (step.Numbers.Length > 0)
                WriteNumbers(json, "numbers", step.Numbers);
            json.WriteNumber("reward", step.Reward);
            if ((step.Endings & Endings.EpisodeEnded) != 0)
                json.WriteString("ending", step.Endings.HasFlag(Endings.Terminated) ? "terminated" : "truncated");
            json.WriteEndObject();
            total = step.Total;
            isOver = step.Endings.HasFlag(Endings.TrialEnded) || step.Number == trial.Task.TrialLength;
        }
        json.WriteEndArray();
        if (!isOver)
            json.WriteBoolean("isCut", true);
        return total;
    }

    static void WriteMaze(Utf8JsonWriter json, Maze maze)
    {
        json.WriteStartObject("maze");
        json.WriteNumber("side", maze.Side);
        json.WriteNumber("unitsPerCell", Pose.UnitsPerCell);
        json.WriteNumber("headings", Pose.Headings);
        WriteNumbers(json, "target", [maze.Target.X, maze.Target.Y]);
        json.WriteNumber("viewWidth", MazeView.Width);
        json.WriteNumber("viewHeight", MazeView.Height);
        json.WriteStartArray("rows");                           // '#' is a wall
        for (int y = 0; y < maze.Side; y++)
        {
            json.WriteStringValue(string.Concat(
                Enumerable.Range(0, maze.Side).Select(x => maze.IsWall(x, y) ? '#' : ' ')));
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    // Where the agent is, in each step; what is around it, where that is new.
    static void WriteWorld(Utf8JsonWriter json, WorldView world, WorldView? before)
    {
        WriteNumbers(json, "place", [world.Place.X, world.Place.Y]);
        if (before is not null && world.Marks.SequenceEqual(before.Marks) && world.Rows.SequenceEqual(before.Rows))
            return;
        json.WriteStartObject("world");
        json.WriteStartArray("marks");
        foreach (WorldMark mark in world.Marks)
        {
            json.WriteStartObject();
            WriteNumbers(json, "place", [mark.Middle.X, mark.Middle.Y]);
            json.WriteNumber("radius", mark.Radius);
            json.WriteBoolean("pays", mark.Pays);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("walls");
        foreach ((Vector2 from, Vector2 to) in world.Walls)
        {
            json.WriteStartArray();
            foreach (float number in (float[])[from.X, from.Y, to.X, to.Y])
                json.WriteNumberValue(number);
            json.WriteEndArray();
        }
        json.WriteEndArray();
        json.WriteStartArray("rows");
        foreach (string row in world.Rows)
            json.WriteStringValue(row);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    static void WriteNumbers(Utf8JsonWriter json, string name, ReadOnlySpan<float> numbers)
    {
        json.WriteStartArray(name);
        foreach (float number in numbers)
            json.WriteNumberValue(number);
        json.WriteEndArray();
    }
}
