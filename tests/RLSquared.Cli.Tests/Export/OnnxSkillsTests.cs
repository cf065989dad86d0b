using Microsoft.ML.OnnxRuntime;
using RLSquared.Agents;
using RLSquared.Export;
using RLSquared.Policies;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Cli.Tests.Export;

public sealed class OnnxSkillsTests
{
    // Two episodes of six steps in slices of three: the model, which sees no end of an episode, begins slices as we do.
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void An_exported_policy_of_skills_acts_as_the_greedy_one_does(bool states, bool handsOver)
    {
        const int lanes = 20;
        TaskDistribution task =
            OnnxVariants.Task(states ? ObservationSpace.Discrete(4) : ObservationSpace.Vector(3), 3);
        using var parameters = new ParameterSet();
        var network = new SkillPolicy(
            task.Spaces, new MlpPolicyOptions { Hidden = 8, Normalise = true }, count: 3, interval: 3, parameters, 3,
            handsOver);
        network.Master = network.CreateMaster(3, "master0", parameters);
        var random = new Random(3);
        foreach (Parameter parameter in parameters.All)
        {
            parameter.Value.CopyFrom(
                [.. parameter.Value.ToArray().Select(number => number + random.NextSingle() * 2 - 1)]);
        }
        foreach (MlpPolicy end in network.Ends)
            end.Layers.Head.Bias!.SetAll(0);                                // so that about half of them hand over
        OnnxModel model = OnnxExport.Build(network, new OnnxOptions(), new OnnxSource("drawn", "mlsh", 0));
        using var session = new InferenceSession(model.Bytes.ToArray());
        using var options = new RunOptions();
        using var game = new Game(task, new PolicyAgent("mlsh", network, greedy: true), lanes);
        game.Begin(seed: 5, firstTrial: 0);
        float[] state = new float[lanes * 4];
        HashSet<int> seen = [];
        bool cut = false;
        // With skills that hand over, slices do not end with the first episode, after which the two differ.
        while (game.Decide() && (!handsOver || game.Steps < 6))
        {
            float[] shown = game.Observations.ToArray(), unused = new float[lanes];
            using OrtValue observation = states
                ? OrtValue.CreateTensorValueFromMemory([.. shown.Select(number => (long)number)], [lanes, 1])
                : OrtValue.CreateTensorValueFromMemory(shown, [lanes, 3]);
            using var uniform = OrtValue.CreateTensorValueFromMemory(unused, [lanes, 1]);
            using var before = OrtValue.CreateTensorValueFromMemory(state, [lanes, 4]);
            Dictionary<string, OrtValue> feeds =
                new() { ["observation"] = observation, ["uniform"] = uniform, ["state_in"] = before };
            using IDisposableReadOnlyCollection<OrtValue> outputs =
                session.Run(options, feeds, ["action", "state_out"]);
            long[] actions = outputs[0].GetTensorDataAsSpan<long>().ToArray();
            Assert.Equal(game.Actions.Choices.Select(choice => (long)choice), actions);
            state = outputs[1].GetTensorDataAsSpan<float>().ToArray();
            for (int lane = 0; lane < lanes; lane++)
            {
                int skill = game.Player.SkillInCharge(lane)!.Value;
                seen.Add(skill);
                Assert.Equal(1, state[4 * lane + skill]);
                cut |= state[4 * lane + 3] != 2 - game.Steps % 3;
                Assert.InRange(state[4 * lane + 3], 0, 2);
            }
            game.Step();
        }
        Assert.True(seen.Count > 1);
        Assert.Equal(handsOver, cut);
    }
}
