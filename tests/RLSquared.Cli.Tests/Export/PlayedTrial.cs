using Microsoft.ML.OnnxRuntime;
using RLSquared.Agents;
using RLSquared.Export;
using RLSquared.Policies;
using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tensors.Random;
using TensorElementType = Microsoft.ML.OnnxRuntime.Tensors.TensorElementType;

namespace RLSquared.Cli.Tests.Export;

/// <summary>
/// A whole trial as our own network plays it: what it sees and what comes out at each step, to be compared with what
/// another engine, ONNX Runtime, makes of the exported model.
/// </summary>
sealed class PlayedTrial
{
    readonly Policy network;
    readonly int lanes;
    readonly List<Step> steps = [];

    PlayedTrial(Policy network, int lanes) => (this.network, this.lanes) = (network, lanes);

    /// <summary>Plays a trial in each lane, the actions drawn as the player draws them.</summary>
    public static PlayedTrial Play(Policy network, TaskDistribution task, int lanes, ulong seed)
    {
        var trial = new PlayedTrial(network, lanes);
        ActionSpace space = task.Action;
        (int K, int C, int T) = (space.Choices, space.Numbers, task.TrialLength);
        using var player = new PolicyPlayer(network, lanes);
        using PolicyMemory memory = network.CreateMemory(lanes, T);
        using Arena weights = new(), arena = new();
        var stepTape = new Tape(arena) { Recording = false };
        var actions = new ActionBuffer(space, lanes);
        Lanes environment = task.CreateLanes(lanes);
        float[] observations = new float[lanes * task.Observation.Width], rewards = new float[lanes];
        var endings = new Endings[lanes];
        bool[] allowed = new bool[task.Masks ? lanes * space.Size : 0];
        Array.Fill(endings, Endings.Terminated);
        environment.Begin(seed, 0, observations);
        player.Begin(seed, 0);
        memory.Begin(new Tape(weights) { Recording = false });
        for (int t = 0; t < T; t++)
        {
            if (task.Masks)
                ActionMasks.Ask(task, environment, endings, allowed, t);
            (int[] choices, float[] numbers) = ([.. actions.Choices], [.. actions.Numbers]);
            player.Act(new Percept
            {
                Step = t,
                Observations = observations,
                PreviousActions = new ReadOnlyActionSpan(choices, numbers),
                PreviousRewards = rewards,
                PreviousEndings = endings,
                Allowed = allowed,
            }, actions.Span);
            stepTape.Reset();
            InputRow row = network.Row;
            var rows = new SequenceInput(1, lanes,
                stepTape.Constant(new Shape(1, lanes, row.DenseWidth), player.InputNumbers),
                arena.CopyIndices(player.InputIndices), row.Groups);
            Tensor outputs = memory.Step(stepTape, in rows);
            trial.steps.Add(new Step
            {
                Observations = [.. observations],
                PreviousChoices = choices,
                PreviousNumbers = numbers,
                Rewards = [.. rewards],
                Done = [.. endings.Select(ending => (ending & Endings.EpisodeEnded) != 0 ? 1f : 0)],
                TimeToGo = 1 - (float)t / T,
                Allowed = [.. allowed.Select(may => may ? 1f : 0)],
                Uniform = [.. Lanes(lane => Enumerable.Range(0, K).Select(
                    k => new RandomKey(seed, RandomPurpose.Agent, (ulong)lane).Uniform((uint)t, (uint)k)))],
                Normal = [.. Lanes(lane => Normals(seed, lane, t, C))],
                Indices = [.. player.InputIndices],
                Dense = [.. player.InputNumbers],
                Outputs = outputs.ToArray(),
                Choices = [.. actions.Choices],
                Numbers = [.. actions.Numbers],
            });
            environment.Step(actions.Span, observations, rewards, endings);
        }
        trial.FindValues();
        return trial;

        IEnumerable<float> Lanes(Func<int, IEnumerable<float>> numbersOf) =>
            Enumerable.Range(0, lanes).SelectMany(numbersOf);
    }

    static float[] Normals(ulong seed, int lane, int step, int count)
    {
        RandomSequence random = new RandomKey(seed, RandomPurpose.AgentNumbers, (ulong)lane).Sequence((uint)step);
        float[] numbers = new float[count];
        foreach (ref float number in numbers.AsSpan())
            number = (float)random.NextNormal();
        return numbers;
    }

    // The values, as training finds them: over the whole trial at once.
    void FindValues()
    {
        if (network.PrivilegedWidth > 0)
            return;
        using var arena = new Arena();
        var tape = new Tape(arena) { Recording = false };
        int T = steps.Count, D = network.Row.DenseWidth, G = network.Row.Groups;
        Indices indices = arena.CopyIndices([.. steps.SelectMany(step => step.Indices)]);
        Tensor dense = tape.Constant(new Shape(T, lanes, D), [.. steps.SelectMany(step => step.Dense)]);
        var input = new PolicyInput { Rows = new SequenceInput(T, lanes, dense, indices, G) };
        ReadOnlySpan<float> values = network.Values(tape, in input).ToArray();
        for (int t = 0; t < T; t++)
            values.Slice(t * lanes, lanes).CopyTo(steps[t].Values = new float[lanes]);
    }

    /// <summary>Plays the trial with an exported model, and compares each output of each step.</summary>
    public void Compare(OnnxModel model, InferenceSession session, EngineComparison comparison)
    {
        OnnxPort stateIn = model.Inputs.Single(port => port.Name is "state_in" or "recurrent_in" or "state_ins");
        OnnxPort stateOut = model.Outputs.Single(port => port.Name is "state_out" or "recurrent_out" or "state_outs");
        string[] names = [.. model.Outputs.Select(port => port.Name)];
        using var options = new RunOptions();
        float[] state = new float[Shape(stateIn).Aggregate(1L, (product, length) => product * length)];
        foreach ((int index, Step step) in steps.Index())
        {
            Dictionary<string, OrtValue> feeds = model.Inputs.ToDictionary(
                port => port.Name, port => Feed(port, port == stateIn ? state : Fed(port, step)));
            using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(options, feeds, names);
            foreach ((OnnxPort port, OrtValue given) in model.Outputs.Zip(outputs))
            {
                float[] numbers = Numbers(given);
                if (port == stateOut)
                    state = numbers;
                Compare(port, given.GetTensorTypeAndShape().Shape, numbers, step, $"{port.Name} at step {index}");
            }
            foreach (OrtValue feed in feeds.Values)
                feed.Dispose();
            comparison.Steps++;
        }

        void Compare(OnnxPort port, long[] shape, float[] given, Step step, string where)
        {
            if (!shape.SequenceEqual(Shape(port)))
                comparison.Failures.Add($"{where} has the shape [{string.Join(", ", shape)}]");
            else if (Range(port) is var (from, to))
            {
                if (given.Any(number => !(number >= from && number <= to)))
                    comparison.Failures.Add($"{where} is {string.Join(", ", given)}, not from {from} to {to}");
            }
            else if (port != stateOut)
                comparison.Add(given, Expected(port.Name, step), where);
        }
    }

    OrtValue Feed(OnnxPort port, float[] numbers) => port.Element == OnnxElement.Int64
        ? OrtValue.CreateTensorValueFromMemory([.. numbers.Select(number => (long)number)], Shape(port))
        : OrtValue.CreateTensorValueFromMemory(numbers, Shape(port));

    static float[] Numbers(OrtValue given) => given.GetTensorTypeAndShape().ElementDataType switch
    {
        TensorElementType.Int64 => [.. given.GetTensorDataAsSpan<long>().ToArray().Select(number => (float)number)],
        _ => given.GetTensorDataAsSpan<float>().ToArray(),
    };

    long[] Shape(OnnxPort port) => [.. port.Shape.Select(length => length < 0 ? (long)lanes : length)];

    // What Unity's models draw themselves can only be asked to lie where it may.
    (float From, float To)? Range(OnnxPort port) => port.Name switch
    {
        "continuous_actions" => (-1, 1),
        "memory_size" => (0, 1e6f),
        "discrete_actions" => (0, Enumerable.Range(0, network.Action.Choices).Max(network.Action.SizeOf) - 1),
        _ => null,
    };

    float[] Fed(OnnxPort port, Step step) => port.Name switch
    {
        "observation" => step.Observations,
        "previous_action" => [.. step.PreviousChoices.Select(choice => (float)choice)],
        "previous_numbers" => step.PreviousNumbers,
        "previous_reward" => step.Rewards,
        "previous_done" => step.Done,
        "time_to_go" => [.. Enumerable.Repeat(step.TimeToGo, lanes)],
        "uniform" => step.Uniform,
        "normal" => step.Normal,
        "allowed" or "action_masks" =>
            step.Allowed.Length > 0 ? step.Allowed : [.. Enumerable.Repeat(1f, lanes * network.Action.Size)],
        "obs_0" when port.Shape.Count == 4 => Planes(step),
        "obs" when network.Row.Features > 0 => Beside(step.Observations, Row(step)),
        "obs_0" or "obs_1" or "obs" => Row(step),
        _ => throw new ArgumentException($"nothing is known of {port.Name}"),
    };

    float[] Expected(string name, Step step)
    {
        ActionSpace space = network.Action;
        (int A, int C) = (space.Size, space.Numbers);
        return name switch
        {
            "logits" => Masked(step),
            "action" or "deterministic_discrete_actions" => Likeliest(step),
            "sampled_action" => [.. step.Choices.Select(choice => (float)choice)],
            "means" => Columns(step.Outputs, A, C),
            "numbers" or "deterministic_continuous_actions" =>
                [.. Columns(step.Outputs, A, C).Select(mean => Math.Clamp(mean, -1, 1))],
            "sampled_numbers" => step.Numbers,
            "log_deviations" => LogDeviations(),
            "value" => step.Values,
            "version_number" => [3],
            "continuous_action_output_shape" => [C],
            "discrete_action_output_shape" =>
                [.. Enumerable.Range(0, space.Choices).Select(k => (float)space.SizeOf(k))],
            "output" when A > 0 && C > 0 => InTurns(step),
            "output" => step.Outputs,
            _ => throw new ArgumentException($"nothing is known of {name}"),
        };
    }

    // As OnnxVariants.InTurns names the actions: two logits, a mean and its log σ, three logits, a mean and its log σ.
    float[] InTurns(Step step)
    {
        float[] deviations = [.. Enumerable.Range(0, lanes).SelectMany(_ => LogDeviations())];
        float[] all = Beside(step.Outputs, deviations);                 // 5 logits, 2 means, 2 log σ
        int width = all.Length / lanes;
        return [.. Enumerable.Range(0, lanes).SelectMany(
            lane => ((int[])[0, 1, 5, 7, 2, 3, 4, 6, 8]).Select(column => all[lane * width + column]))];
    }

    // The whole input row but for an image's features, as the engine is told to put it together.
    float[] Row(Step step)
    {
        InputRow row = network.Row;
        int O = row.OneHotWidth, D = row.DenseWidth, F = row.Features, width = O + D - F;
        float[] rows = new float[lanes * width];
        for (int lane = 0; lane < lanes; lane++)
        {
            foreach (int one in step.Indices.AsSpan(lane * row.Groups, row.Groups))
                rows[lane * width + one] = 1;
            step.Dense.AsSpan(lane * D + F, D - F).CopyTo(rows.AsSpan(lane * width + O));
            // A model is told rewards as they are, and brings them to scale itself.
            if (row.Find(InputKind.PreviousReward) is { } reward)
                rows[lane * width + reward.Start - F] = step.Rewards[lane];
        }
        return rows;
    }

    float[] Planes(Step step)
    {
        ObservationSpace space = network.Observation;
        int places = space.Height * space.Across, size = space.Size;
        float[] planes = new float[lanes * size];
        for (int i = 0; i < planes.Length; i++)
        {
            int lane = i / size, place = i % size / space.Channels, channel = i % space.Channels;
            planes[lane * size + channel * places + place] = step.Observations[i] / 255;
        }
        return planes;
    }

    float[] Masked(Step step)
    {
        float[] logits = Columns(step.Outputs, 0, network.Action.Size);
        for (int i = 0; i < step.Allowed.Length; i++)
            logits[i] += step.Allowed[i] == 1 ? 0 : -1e9f;
        return logits;
    }

    float[] Likeliest(Step step)
    {
        ActionSpace space = network.Action;
        float[] logits = Masked(step), options = new float[lanes * space.Choices];
        for (int i = 0; i < options.Length; i++)
        {
            (int lane, int k) = (i / space.Choices, i % space.Choices);
            float[] own = logits[(lane * space.Size + space.StartOf(k))..][..space.SizeOf(k)];
            options[i] = Array.IndexOf(own, own.Max());
        }
        return options;
    }

    float[] LogDeviations()
    {
        float[] logarithms = new float[network.Action.Numbers];
        network.CopyLogDeviations(logarithms);
        return logarithms;
    }

    float[] Columns(float[] rows, int start, int count)
    {
        int width = rows.Length / lanes;
        return [.. Enumerable.Range(0, lanes).SelectMany(lane => rows[(lane * width + start)..][..count])];
    }

    float[] Beside(float[] left, float[] right)
    {
        (int a, int b) = (left.Length / lanes, right.Length / lanes);
        return [.. Enumerable.Range(0, lanes).SelectMany(
            lane => left[(lane * a)..][..a].Concat(right[(lane * b)..][..b]))];
    }

    sealed class Step
    {
        public required float[] Observations, PreviousNumbers, Rewards, Done, Allowed, Uniform, Normal, Dense, Outputs;
        public required float[] Numbers;
        public required int[] PreviousChoices, Indices, Choices;
        public required float TimeToGo;
        public float[] Values = [];
    }
}
