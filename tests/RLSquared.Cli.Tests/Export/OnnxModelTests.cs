using System.Runtime.InteropServices;
using RLSquared.Export;
using RLSquared.Policies;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Cli.Tests.Export;

/// <summary>What is in a model, read by a reader of our own; needs no programs of others.</summary>
public sealed class OnnxModelTests
{
    // y = x + 1 over [batch, 2], written by hand from onnx.proto: a tag is field · 8 + wire type, texts and messages
    // have their length before them.
    [Fact]
    public void The_bytes_of_a_small_graph_are_those_of_the_format()
    {
        var graph = new OnnxGraph(15);
        string x = graph.Input("x", OnnxGraph.Batch, 2);
        graph.Output("y", graph.Node("sum", "Add", [x, graph.Number(1)]), OnnxElement.Float32, OnnxGraph.Batch, 2);
        string port(char name) => "0A01" + Hex(name.ToString())             // name
            + "1213" + "0A11" + "0801" + "120D"                             // type { tensor { float, shape {
            + "0A07" + "1205" + Hex("batch") + "0A02" + "0802";             //   'batch', 2 } } }
        string node = "0A01" + Hex("x") + "0A08" + Hex("number_1") + "1201" + Hex("y")
            + "1A03" + Hex("sum") + "2203" + Hex("Add");
        string one = "0801" + "1001" + "4208" + Hex("number_1") + "4A04" + "0000803F";
        string whole = Message("0A", node) + "1204" + Hex("tiny") + Message("2A", one)
            + Message("5A", port('x')) + Message("62", port('y'));
        string model = "0808" + "1209" + Hex("RLSquared") + "1A01" + Hex("7") + Message("3A", whole)
            + "4204" + "0A00" + "100F" + Message("72", "0A01" + Hex("k") + "1201" + Hex("v"));
        Assert.Equal(model, Convert.ToHexString(graph.ToModel("tiny", "7", [new("k", "v")])));

        static string Hex(string text) => Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(text));
        static string Message(string tag, string content) => $"{tag}{content.Length / 2:X2}{content}";
    }

    [Fact]
    public void The_same_network_gives_the_same_bytes()
    {
        foreach ((string _, TaskDistribution task, object options) in OnnxVariants.All)
        {
            using Policy one = OnnxVariants.Network(task, options);
            using Policy other = OnnxVariants.Network(task, options);
            Assert.True(Build(one).Bytes.Span.SequenceEqual(Build(other).Bytes.Span));
        }
    }

    [Fact]
    public void Every_node_reads_what_is_there_before_it_and_every_output_is_made()
    {
        foreach ((string name, TaskDistribution task, object options) in OnnxVariants.All)
        {
            using Policy network = OnnxVariants.Network(task, options);
            foreach (OnnxProfile profile in Enum.GetValues<OnnxProfile>())
            {
                foreach (OnnxGru gru in Enum.GetValues<OnnxGru>())
                {
                    OnnxOptions how = OnnxVariants.Options(task, profile) with { Gru = gru };
                    Check(new ProtobufReader(Build(network, how).Bytes.Span));
                }
            }

            void Check(ProtobufReader model)
            {
                ProtobufReader graph = model.Message(7);
                HashSet<string> known = ["", .. graph.Messages(11).Concat(graph.Messages(5)).Select(
                    value => value.Texts(value.Texts(1).Length == 1 && value.Texts(8).Length == 0 ? 1 : 8).Single())];
                foreach (ProtobufReader node in graph.Messages(1))
                {
                    Assert.All(node.Texts(1), read => Assert.True(known.Contains(read), $"{name}: {read}"));
                    Assert.True(known.Add(node.Text(2)), $"{name}: {node.Text(2)} is made twice");
                }
                Assert.All(graph.Messages(12), output => Assert.Contains(output.Text(1), known));
            }
        }
    }

    // W [I, 3H], U [H, 3H] and b as they are; b_q alone in the last third of what is added to hU.
    [Fact]
    public void Weights_are_written_as_they_are()
    {
        using Policy network = Bandit(new() { Hidden = 2 });
        Dictionary<string, ProtobufReader> constants = Constants(Build(network));
        float[] b = Parameter(network, "policy.gru.bias");
        Assert.Equal(Parameter(network, "policy.gru.input_weight"), Floats(constants["policy_memory_W"]));
        Assert.Equal([8L, 6L], constants["policy_memory_W"].Numbers(1));
        Assert.Equal(Parameter(network, "policy.gru.hidden_weight"), Floats(constants["policy_memory_U"]));
        Assert.Equal(b[..6], Floats(constants["policy_memory_b"]));
        Assert.Equal([0, 0, 0, 0, b[6], b[7]], Floats(constants["policy_memory_b_q"]));
        Assert.Equal(Parameter(network, "policy.head.weight"), Floats(constants["policy_outputs_weight"]));
    }

    // A column (3, 4) has length 5; with g = 10 it comes to (6, 8).
    [Fact]
    public void Normalised_weights_are_written_as_what_they_come_to()
    {
        using Policy network = Bandit(new() { Hidden = 2, WeightNorm = true });
        Tensor direction = network.Parameters.All.Single(known => known.Name == "policy.head.weight").Value;
        Tensor length = network.Parameters.All.Single(known => known.Name == "policy.head.weight_length").Value;
        (float[] v, float[] g) = (direction.ToArray(), length.ToArray());
        (v[0], v[g.Length], g[0]) = (3, 4, 10);
        direction.CopyFrom(v);
        length.CopyFrom(g);
        float[] written = Floats(Constants(Build(network))["policy_outputs_weight"]);
        Assert.Equal(6, written[0], 1e-5);
        Assert.Equal(8, written[g.Length], 1e-5);
    }

    // A state of 4, a choice of 3, then reward, flag and time.
    [Fact]
    public void The_metadata_say_how_the_input_is_laid_out()
    {
        using Policy network = OnnxVariants.Network(
            OnnxVariants.Task(ObservationSpace.Discrete(4), 3), new() { Hidden = 2 });
        Dictionary<string, string> metadata = new(Build(network, new() { Profile = OnnxProfile.Unity }).Metadata);
        Assert.Equal("""{"kind":"discrete","size":4}""", metadata["rlsquared.observation"]);
        Assert.Equal("""{"choices":[3],"numbers":0,"masks":false}""", metadata["rlsquared.action"]);
        Assert.Equal("12", metadata["rlsquared.trial_length"]);
        Assert.Equal("""
            [{"name":"state","start":0,"width":4,"oneHot":true},
            {"name":"previous_choice_0","start":4,"width":3,"oneHot":true},
            {"name":"previous_reward","start":7,"width":1},{"name":"previous_done","start":8,"width":1},
            {"name":"time_to_go","start":9,"width":1}]
            """.ReplaceLineEndings(""), metadata["rlsquared.input_row"]);
        Assert.Equal("""[{"name":"policy","start":0,"width":2}]""", metadata["rlsquared.state"]);
        Assert.Equal(("drawn", "rl2", "77", "unity"), (metadata["rlsquared.task"], metadata["rlsquared.algorithm"],
            metadata["rlsquared.steps"], metadata["rlsquared.profile"]));
    }

    [Theory]
    [InlineData(false, 0, true, "yes")]
    [InlineData(true, 0, true, "yes")]
    [InlineData(false, 4, true,
        "no, it is read from cells of its own or from what only the simulator of the training knows")]
    [InlineData(false, 0, false, "no, it was not asked for")]
    public void The_value_is_given_out_where_it_can_be(bool shared, int valueCells, bool wanted, string value)
    {
        using Policy network = Bandit(new() { Hidden = 2, Shared = shared, ValueCells = valueCells });
        OnnxModel model = Build(network, new() { Value = wanted });
        Assert.Equal(value == "yes", model.Outputs.Any(port => port.Name == "value"));
        Assert.Equal(value, new Dictionary<string, string>(model.Metadata)["rlsquared.value"]);
        int width = model.Outputs.Single(port => port.Name == "state_out").Shape[1];
        Assert.Equal(value == "yes" && !shared ? 4 : 2, width);
    }

    // Unity's package reads these without running the model, so that they must be constants of these names.
    [Fact]
    public void What_unity_reads_of_a_model_are_constants()
    {
        using Policy network = OnnxVariants.Network(
            OnnxVariants.Task(ObservationSpace.Nothing, ActionSpace.MultiDiscrete(3, 2)), new() { Hidden = 6 });
        ProtobufReader model = new(Build(network, new() { Profile = OnnxProfile.Unity }).Bytes.Span);
        Assert.Equal([3], Value("version_number"));
        Assert.Equal([6], Value("memory_size"));
        Assert.Equal([3, 2], Value("discrete_action_output_shape"));

        float[] Value(string name)
        {
            ProtobufReader node = model.Message(7).Messages(1).Single(node => node.Text(2) == name);
            Assert.Equal("Constant", node.Text(4));
            return Floats(node.Message(5).Message(5));
        }
    }

    // What the plugin reads of 'output', from its source: one key after the other; of numbers the means, and where
    // there are choices too it skips as many log σ after them.
    [Theory]
    [InlineData("choices:3", "c0:0-3")]
    [InlineData("choices:3,2", "c0:0-3 c1:3-5")]
    [InlineData("numbers:2", "n0:0-2")]
    [InlineData("numbers:1+numbers:2", "n0:0-1 n1:1-3")]
    [InlineData("choices:3+numbers:2", "c0:0-3 n1:0-2")]
    [InlineData("numbers:2+choices:3", "n0:0-2 c1:0-3")]
    [InlineData("choices:3+numbers:2+numbers:1", "c0:0-3 n1:0-2 n2:2-3")]
    [InlineData("numbers:1+choices:3,2+numbers:2+masks", "n0:0-1 c1:0-3 c2:3-5 n3:1-3")]
    public void Godots_plugin_finds_each_action_where_it_looks_for_it(string actions, string found)
    {
        Assert.True(SpaceText.TryReadActions(
            actions, out ActionSpace space, out _, out IReadOnlyList<ActionPart> keys));
        using Policy network = OnnxVariants.Network(
            OnnxVariants.Task(ObservationSpace.Nothing, space), new() { Hidden = 2 });
        OnnxModel model = Build(network, new() { Profile = OnnxProfile.Godot, Actions = actions });
        string[] columns = [.. OutputColumns(model, space)];
        Assert.Equal(columns.Length, model.Outputs.Single(port => port.Name == "output").Shape[1]);
        // The plugin's set_action_means_only, then its _extract_action_dict.
        bool meansOnly = keys.All(key => !key.IsChoice) && keys.Sum(key => key.Size) == columns.Length;
        List<string> read = [];
        int index = 0;
        foreach (ActionPart key in keys)
        {
            string[] own = columns[index..(index + key.Size)];
            string kind = key.IsChoice ? "c" : "n";
            int first = int.Parse(own[0][1..], System.Globalization.CultureInfo.InvariantCulture);
            Assert.Equal(Enumerable.Range(first, key.Size).Select(one => $"{kind}{one}"), own);
            read.Add($"{kind}{read.Count}:{first}-{first + key.Size}");
            index += key.IsChoice || meansOnly ? key.Size : 2 * key.Size;
        }
        Assert.Equal(columns.Length, index);
        Assert.Equal(found, string.Join(' ', read));
    }

    [Fact]
    public void Without_the_order_of_a_games_actions_a_mixed_policy_is_refused_for_Godot_alone()
    {
        TaskDistribution task = OnnxVariants.Task(ObservationSpace.Nothing, ActionSpace.Mixed([3], 2));
        using Policy network = OnnxVariants.Network(task, new() { Hidden = 2 });
        Build(network);
        Build(network, new() { Profile = OnnxProfile.Unity });
        Assert.Contains("say it, such as --actions choices:3+numbers:2", Assert.Throws<OptionException>(
            () => Build(network, new() { Profile = OnnxProfile.Godot })).Message, StringComparison.Ordinal);
        Assert.Equal(
            "actions=numbers:2+choices:4 are 4 actions with 2 numbers, and this policy decides 3 actions with " +
            "2 numbers", Assert.Throws<OptionException>(() => Build(
                network, new() { Profile = OnnxProfile.Godot, Actions = "numbers:2+choices:4" })).Message);
        Assert.Contains("but is 'choices'", Assert.Throws<OptionException>(
            () => new OnnxOptions { Actions = "choices" }).Message, StringComparison.Ordinal);
    }

    // What each column of 'output' is: c3 for the fourth logit, n0 for the first mean, s0 for its log σ.
    static IEnumerable<string> OutputColumns(OnnxModel model, ActionSpace space)
    {
        ProtobufReader graph = new ProtobufReader(model.Bytes.Span).Message(7);
        Dictionary<string, ProtobufReader> nodes = graph.Messages(1).ToDictionary(node => node.Text(2));
        Dictionary<string, ProtobufReader> constants = Constants(model);
        return Of("output");

        IEnumerable<string> Of(string name)
        {
            if (!nodes.TryGetValue(name, out ProtobufReader? node))
                throw new ArgumentException(name);
            string[] inputs = node.Texts(1);
            switch (node.Text(4))
            {
                case "Concat":
                    return inputs.SelectMany(Of);
                case "Identity":
                    return Of(inputs[0]);
                case "Slice":
                    int start = Whole(inputs[1]), end = Whole(inputs[2]);
                    return Of(inputs[0]).Take(start..end);
                case "Add" when constants.Keys.Any(key => key.StartsWith("log_deviations", StringComparison.Ordinal))
                    && inputs.Any(input => input.StartsWith("log_deviations", StringComparison.Ordinal)):
                    return Enumerable.Range(0, space.Numbers).Select(one => $"s{one}");
                default:                                        // the policy's own outputs
                    return Enumerable.Range(0, space.Size).Select(one => $"c{one}")
                        .Concat(Enumerable.Range(0, space.Numbers).Select(one => $"n{one}"));
            }
        }

        int Whole(string name) => BitConverter.ToInt32(constants[name].Bytes(9));
    }

    [Fact]
    public void The_page_names_every_input_and_output()
    {
        string page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "onnx.md"));
        foreach ((string _, TaskDistribution task, object options) in OnnxVariants.All)
        {
            using Policy network = OnnxVariants.Network(task, options);
            foreach (OnnxProfile profile in Enum.GetValues<OnnxProfile>())
            {
                OnnxModel model = Build(network, OnnxVariants.Options(task, profile));
                Assert.All(model.Inputs.Concat(model.Outputs), port => Assert.Contains($"`{port.Name}`", page));
            }
        }
    }

    [Fact]
    public void More_weights_than_a_file_can_hold_are_refused()
    {
        var graph = new OnnxGraph(15) { MostBytes = 100 };
        graph.Numbers("a", new float[20], 20);
        var error = Assert.Throws<NotSupportedException>(() => graph.Numbers("b", new float[6], 6));
        Assert.StartsWith("the weights are more than the 2 GiB that an ONNX file can hold; train a smaller network",
            error.Message, StringComparison.Ordinal);
    }

    static Policy Bandit(RecurrentPolicyOptions options) =>
        OnnxVariants.Network(OnnxVariants.Task(ObservationSpace.Nothing, 5), options);

    static OnnxModel Build(Policy network, OnnxOptions? options = null) =>
        OnnxExport.Build(network, options ?? new(), new OnnxSource("drawn", "rl2", 77));

    static Dictionary<string, ProtobufReader> Constants(OnnxModel model) =>
        new ProtobufReader(model.Bytes.Span).Message(7).Messages(5).ToDictionary(constant => constant.Text(8));

    static float[] Floats(ProtobufReader tensor) => MemoryMarshal.Cast<byte, float>(tensor.Bytes(9)).ToArray();

    static float[] Parameter(Policy network, string name) =>
        network.Parameters.All.Single(known => known.Name == name).Value.ToArray();
}
