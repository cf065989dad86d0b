using RLSquared.Policies;
using RLSquared.Tensors;
using RLSquared.Tensors.Layers;

namespace RLSquared.Export;

/// <summary>
/// One step of a policy as ONNX nodes, the same for all profiles:
/// <code>
///   image ─► filters ─► features ┐
///   row ─────────────────────────┴─► memory ─► head ─► A logits and C means
///   state ───────────────────────────►  ╰─────────────► next state
/// </code>
/// The state of a lane is one vector, zeros at a trial's first step: what the policy remembers, then what the value
/// does, if it is asked for and has a recurrent layer of its own. A feed-forward policy has a state of one number,
/// which it hands on as it is, so that all models are used in the same way. That of skills says which of them is in
/// charge (one 1 among zeros) and for how many steps more; the master takes the likeliest skill, and a slice goes on
/// over the end of an episode within a trial, which the row does not tell.
/// </summary>
sealed class PolicyStep
{
    readonly OnnxGraph graph;
    readonly OnnxLayers layers;
    readonly InputRow rowLayout;
    readonly InputNormaliser? normaliser;
    readonly Parameter? rewardScale;
    readonly GruPolicy? gru;                          // one of the four
    readonly CellStep? cells;
    readonly MlpPolicy? mlp;
    readonly SkillPolicy? skills;
    readonly ValueFunction? value;                    // null where none is written

    /// <summary>A step of a network.</summary>
    /// <param name="graph">Receives the nodes.</param>
    /// <param name="network">The network.</param>
    /// <param name="options">How it is written.</param>
    /// <param name="tape">Holds weights while they are laid out; does not record.</param>
    /// <exception cref="NotSupportedException">The policy is of a kind of its own.</exception>
    public PolicyStep(OnnxGraph graph, Policy network, OnnxOptions options, Tape tape)
    {
        (this.graph, rowLayout) = (graph, network.Row);
        (normaliser, rewardScale) = (network.Normaliser, network.RewardScale);
        layers = new OnnxLayers(graph, options.Gru, tape);
        switch (network)
        {
            case GruPolicy policy:
                (gru, value) = (policy, policy.Value);
                State = [("policy", policy.Layers.Layer.Hidden)];
                break;
            case CellPolicy policy:
                (cells, value) = (new CellStep(graph, layers, policy), policy.Value);
                State = [.. cells.State];
                break;
            case MlpPolicy policy:
                mlp = policy;
                State = [("nothing", 1)];
                break;
            case SkillPolicy { Master: not null } policy:
                skills = policy;
                State = [("skill", policy.Count), ("steps_left", 1)];
                break;
            default:
                throw new NotSupportedException(
                    $"a {network.GetType().Name} cannot be exported; recurrent and feed-forward policies can");
        }
        MissingValue = mlp is not null ? MissingOf(options)
            : skills is not null ? MissingOf(options) ?? "no, each skill has a value of its own"
            : Missing(value, network, options);
        if (!HasValue)
            value = null;
        if (value is GruValue own)
            State.Add(("value", own.Layers.Layer.Hidden));
    }

    /// <summary>What a lane's state is made of, and how many numbers each part has.</summary>
    public List<(string Name, int Width)> State { get; }

    /// <summary>Numbers of a lane's state, M.</summary>
    public int StateWidth => State.Sum(part => part.Width);

    /// <summary>Numbers of an input row as a model gets it: without the features, which it finds itself.</summary>
    public int RowWidth => rowLayout.Width - rowLayout.Features;

    /// <summary>Why there is no value; null where there is one.</summary>
    public string? MissingValue { get; }

    /// <summary>Whether there is a value.</summary>
    public bool HasValue => MissingValue is null;

    /// <summary>Adds the nodes.</summary>
    /// <param name="row">Input rows without features, [B, RowWidth].</param>
    /// <param name="image">Images, −1 to 1, [B, channels, rows, columns]; null where there are none.</param>
    /// <param name="state">[B, M].</param>
    public (string Outputs, string? Value, string NextState) Add(string row, string? image, string state)
    {
        if (rewardScale is not null)
            row = WithScaledReward(row, rewardScale);
        string x = image is null ? row : graph.Beside("input",
            graph.Columns("input_ones", row, 0, rowLayout.OneHotWidth), Features(row, image),
            graph.Columns("input_numbers", row, rowLayout.OneHotWidth, RowWidth));
        if (rowLayout.IsConstant)                           // nothing is observed: a 1, of as many rows as there are
            x = graph.Node("one", "Add", [graph.Node("none", "Mul", [state, graph.Number(0)]), graph.Number(1)]);
        if (normaliser is not null)
            x = Normalised(x);
        if (mlp is not null)
            return FeedForward(mlp, x, state);
        if (skills is not null)
            return Skills(skills, x, state);
        int M = StateWidth, ofValue = value is GruValue own ? own.Layers.Layer.Hidden : 0;
        string memory = ofValue > 0 ? graph.Columns("policy_state", state, 0, M - ofValue) : state;
        (string outputs, string next) = cells is not null ? cells.Add(row, memory) : Gru(gru!, x, memory);
        if (value is SharedValue shared)
            return (outputs, layers.Linear("value_output", shared.Reader, next), next);
        if (value is not GruValue apart)
            return (outputs, null, next);
        (Gru layer, LayerNorm? norm, Linear head) = apart.Layers;
        string remembered = layers.Gru("value_memory", layer, x, graph.Columns("value_state", state, M - ofValue, M));
        string all = graph.Beside("states", next, remembered);
        return (outputs, layers.Linear("value_output", head, Normal("value_normal", norm, remembered)), all);

        (string Outputs, string Next) Gru(GruPolicy policy, string input, string before)
        {
            (Gru layer, LayerNorm? norm, Linear head) = policy.Layers;
            string after = layers.Gru("policy_memory", layer, input, before);
            return (layers.Linear("policy_outputs", head, Normal("policy_normal", norm, after)), after);
        }

        string Normal(string name, LayerNorm? norm, string hidden) =>
            norm is null ? hidden : layers.LayerNorm(name, norm, hidden);
    }

    // The previous reward brought to scale, as InputRow does.
    string WithScaledReward(string row, Parameter scale)
    {
        int at = rowLayout.Find(InputKind.PreviousReward)!.Value.Start - rowLayout.Features;
        string scaled = graph.Node("reward_scaled", "Mul",
            [graph.Columns("reward", row, at, at + 1), layers.Numbers("reward_scale", scale.Value)]);
        string cut = graph.Node("reward_cut", "Clip",
            [scaled, graph.Scalar(-InputNormaliser.Limit), graph.Scalar(InputNormaliser.Limit)]);
        return graph.Beside("row_scaled", graph.Columns("row_before_reward", row, 0, at), cut,
            graph.Columns("row_after_reward", row, at + 1, RowWidth));
    }

    // The plain numbers brought to scale, as InputNormaliser does.
    string Normalised(string row)
    {
        int O = rowLayout.OneHotWidth;
        (Tensor mean, Tensor scale) = normaliser!.Numbers;
        string numbers = O == 0 ? row : graph.Columns("input_plain", row, O, rowLayout.Width);
        string apart = graph.Node("input_apart", "Sub", [numbers, layers.Numbers("normaliser_mean", mean)]);
        string scaled = graph.Node("input_scaled", "Mul", [apart, layers.Numbers("normaliser_scale", scale)]);
        string cut = graph.Node("input_cut", "Clip",
            [scaled, graph.Scalar(-InputNormaliser.Limit), graph.Scalar(InputNormaliser.Limit)]);
        return O == 0 ? cut : graph.Beside("input_scale", graph.Columns("input_states", row, 0, O), cut);
    }

    (string Outputs, string? Value, string NextState) FeedForward(MlpPolicy policy, string x, string state)
    {
        (IReadOnlyList<Linear> own, Linear head, IReadOnlyList<Linear> ofValue, Linear valueHead) = policy.Layers;
        string hidden = Hidden("policy", own, policy, x);
        string outputs = layers.Linear("policy_outputs", head, hidden);
        string? value = !HasValue ? null : layers.Linear(
            "value_output", valueHead, ofValue.Count == 0 ? hidden : Hidden("value", ofValue, policy, x));
        return (outputs, value, graph.Node("state_same", "Identity", [state]));
    }

    string Hidden(string name, IReadOnlyList<Linear> all, MlpPolicy policy, string from)
    {
        for (int i = 0; i < all.Count; i++)
        {
            from = layers.Linear($"{name}_{i}", all[i], from);
            string? function = policy.Options.Activation switch
            {
                Activation.Tanh => "Tanh",
                Activation.Relu => "Relu",
                Activation.Sigmoid => "Sigmoid",
                _ => null,
            };
            from = function is null ? from : graph.Node($"{name}_{i}_active", function, [from]);
        }
        return from;
    }

    // Where no steps are left, or the skill hands over, the master's likeliest skill takes over for N steps.
    (string Outputs, string? Value, string NextState) Skills(SkillPolicy policy, string x, string state)
    {
        int K = policy.Count;
        string left = graph.Columns("steps_left", state, K, K + 1);
        string begins = graph.Cast(
            "slice_begins", graph.Node("no_steps_left", "Equal", [left, graph.Number(0)]), OnnxElement.Float32);
        for (int k = 0; k < policy.Ends.Count; k++)
        {
            string decision = Outputs($"skill_{k}_end", policy.Ends[k]);                                // [B, 2]
            string ends = graph.Cast($"skill_{k}_hands_over", graph.Node($"skill_{k}_would_end", "Greater",
                [graph.Columns($"skill_{k}_ends", decision, 1, 2), graph.Columns($"skill_{k}_stays", decision, 0, 1)]),
                OnnxElement.Float32);
            begins = graph.Node($"slice_begins_{k}", "Max", [begins, graph.Node($"skill_{k}_ends_slice", "Mul",
                [ends, graph.Columns($"skill_{k}_before", state, k, k + 1)])]);
        }
        string likeliest = graph.Node("master_likeliest", "ArgMax", [Outputs("master", policy.Master!)],
            OnnxAttribute.Integer("axis", 1), OnnxAttribute.Integer("keepdims", 1));
        string chosen = graph.Cast("master_choice",
            graph.Node("master_choice_is", "Equal", [likeliest, graph.Range(K)]), OnnxElement.Float32);
        string goesOn = graph.Node("slice_goes_on", "Sub", [graph.Number(1), begins]);
        string skill = graph.Node("skill", "Add",
        [
            graph.Node("skill_new", "Mul", [begins, chosen]),
            graph.Node("skill_same", "Mul", [goesOn, graph.Columns("skill_before", state, 0, K)]),
        ]);                                                                                             // [B, K]
        string whole = graph.Node("steps_of_slice", "Mul", [begins, graph.Number(policy.Interval)]);
        if (policy.Ends.Count > 0)
            left = graph.Node("steps_kept", "Mul", [goesOn, left]);
        string after = graph.Node("steps_after", "Sub",
            [graph.Node("steps_now", "Add", [left, whole]), graph.Number(1)]);
        string? sum = null;
        for (int k = 0; k < K; k++)
        {
            string part = graph.Node($"skill_{k}_share", "Mul",
                [graph.Columns($"skill_{k}_is", skill, k, k + 1), Outputs($"skill_{k}", policy.Skills[k])]);
            sum = sum is null ? part : graph.Node($"skills_to_{k}", "Add", [sum, part]);
        }
        return (sum!, null, graph.Beside("skill_state", skill, after));

        string Outputs(string name, MlpPolicy one) =>
            layers.Linear($"{name}_outputs", one.Layers.Head, Hidden(name, one.Layers.Policy, one, x));
    }

    // The features of images and of the actions before them, [B, F].
    string Features(string row, string image)
    {
        (ImageFilterBank first, ImageFilterBank second, Embedding? action, Linear dense) = gru!.Vision!.Layers;
        string seen = layers.Filters("vision_1", second, layers.Filters("vision_0", first, image));
        string flat = graph.Node("vision_flat", "Flatten", [seen], OnnxAttribute.Integer("axis", 1));
        if (action is not null)
        {
            string ones = graph.Columns("vision_action_ones", row, rowLayout.States, rowLayout.OneHotWidth);
            string table = layers.Numbers("vision_action_table", action.Table.Value);
            flat = graph.Beside("vision_joined", flat, graph.Node("vision_action", "MatMul", [ones, table]));
        }
        int filters = second.Bias.Value.Shape.Columns, further = action?.Table.Value.Shape.Columns ?? 0;
        return layers.FeaturesOf("features", dense, flat, filters, further);
    }

    static string? MissingOf(OnnxOptions options) =>
        options.Profile != OnnxProfile.Plain ? "no, the names of this profile have none"
        : !options.Value ? "no, it was not asked for" : null;

    static string? Missing(ValueFunction? value, Policy network, OnnxOptions options) =>
        MissingOf(options) is { } missing ? missing
        : value is not (GruValue or SharedValue) || network.PrivilegedWidth > 0
            ? "no, it is read from cells of its own or from what only the simulator of the training knows"
        : null;
}
