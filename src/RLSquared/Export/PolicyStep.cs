using RLSquared.Policies;
using RLSquared.Tensors;
using RLSquared.Tensors.Layers;

namespace RLSquared.Export;

/// <summary>
/// One step of a recurrent network as ONNX nodes, the same for all profiles:
/// <code>
///   image ─► filters ─► features ┐
///   row ─────────────────────────┴─► memory ─► head ─► A logits and C means
///   state ───────────────────────────►  ╰─────────────► next state
/// </code>
/// The state of a lane is one vector, zeros at a trial's first step: what the policy remembers, then what the value
/// does, if it is asked for and has a recurrent layer of its own.
/// </summary>
sealed class PolicyStep
{
    readonly OnnxGraph graph;
    readonly OnnxLayers layers;
    readonly RecurrentNetwork network;
    readonly InputRow rowLayout;
    readonly CellStep? cells;

    /// <summary>A step of a network.</summary>
    /// <param name="graph">Receives the nodes.</param>
    /// <param name="network">The network.</param>
    /// <param name="options">How it is written.</param>
    /// <param name="tape">Holds weights while they are laid out; does not record.</param>
    public PolicyStep(OnnxGraph graph, RecurrentNetwork network, OnnxOptions options, Tape tape)
    {
        (this.graph, this.network, rowLayout) = (graph, network, network.Row);
        layers = new OnnxLayers(graph, options.Gru, tape);
        if (network.CellPolicy is { } policy)
            cells = new CellStep(graph, layers, policy, network);
        MissingValue = Missing(network, options);
        int H = network.Options.Hidden;
        State = cells is not null ? [.. cells.State] : [("policy", H)];
        if (HasValue && network.ValueLayers.Layer is not null)
            State.Add(("value", H));
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
        string x = image is null ? row : graph.Beside("input",
            graph.Columns("input_ones", row, 0, rowLayout.OneHotWidth), Features(row, image),
            graph.Columns("input_numbers", row, rowLayout.OneHotWidth, RowWidth));
        int H = network.Options.Hidden, M = StateWidth;
        (Gru? ofPolicy, LayerNorm? policyNorm, Linear? policyHead) = network.PolicyLayers;
        (Gru? ofValue, LayerNorm? valueNorm, Linear? valueHead) = network.ValueLayers;

        bool valueRemembers = HasValue && ofValue is not null;
        string memory = valueRemembers ? graph.Columns("policy_state", state, 0, M - H) : state;
        string outputs, next;
        if (cells is not null)
        {
            (outputs, next) = cells.Add(row, memory);
        }
        else
        {
            next = layers.Gru("policy_memory", ofPolicy!, x, memory);
            outputs = layers.Linear("policy_outputs", policyHead!, Normal("policy_normal", policyNorm, next));
        }
        if (!HasValue)
            return (outputs, null, next);
        string remembered = next;
        if (valueRemembers)
        {
            remembered = layers.Gru("value_memory", ofValue!, x, graph.Columns("value_state", state, M - H, M));
            next = graph.Beside("states", next, remembered);
        }
        string value = layers.Linear("value_output", valueHead!, Normal("value_normal", valueNorm, remembered));
        return (outputs, value, next);

        string Normal(string name, LayerNorm? norm, string hidden) =>
            norm is null ? hidden : layers.LayerNorm(name, norm, hidden);
    }

    // The features of images and of the actions before them, [B, F].
    string Features(string row, string image)
    {
        (ImageFilterBank first, ImageFilterBank second, Embedding? action, Linear dense) = network.Vision!.Layers;
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

    static string? Missing(RecurrentNetwork network, OnnxOptions options) =>
        options.Profile != OnnxProfile.Plain ? "no, the names of this profile have none"
        : !options.Value ? "no, it was not asked for"
        : network.ValueLayers.Head is null || network.Options.PrivilegedValue
            ? "no, it is read from cells of its own or from what only the simulator of the training knows"
        : null;
}
