using RLSquared.Export;
using RLSquared.Policies;
using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tensors.Layers;
using RLSquared.Tensors.Random;

namespace RLSquared.Cli.Tests.Export;

/// <summary>Networks of every kind that can be exported, with weights that make all of their parts count.</summary>
static class OnnxVariants
{
    /// <summary>Everything that changes what a model is made of.</summary>
    public static (string Name, TaskDistribution Task, object Options)[] All { get; } =
    [
        ("bandit", Task(ObservationSpace.Nothing, 5), new RecurrentPolicyOptions { Hidden = 8 }),
        ("states", Task(ObservationSpace.Discrete(4), 3),
            new RecurrentPolicyOptions { Hidden = 8, Relu = true, TimeToGo = false }),
        ("vector", Task(ObservationSpace.Vector(6), 3), new RecurrentPolicyOptions { Hidden = 20, Shared = true }),
        ("normalised", Task(ObservationSpace.Vector(3), 2),
            new RecurrentPolicyOptions { Hidden = 12, LayerNorm = true, WeightNorm = true, Relu = true }),
        ("numbers", Task(ObservationSpace.Vector(2), ActionSpace.Continuous(2)),
            new RecurrentPolicyOptions { Hidden = 8, LayerNorm = true }),
        ("choices", Task(ObservationSpace.Nothing, ActionSpace.MultiDiscrete(3, 1, 4)),
            new RecurrentPolicyOptions { Hidden = 8 }),
        ("masked", Task(ObservationSpace.Discrete(3), 4, masks: true), new RecurrentPolicyOptions { Hidden = 8 }),
        ("mixed", Task(ObservationSpace.Vector(2), ActionSpace.Mixed([2, 3], 2), masks: true),
            new RecurrentPolicyOptions { Hidden = 8 }),
        ("arms", Task(ObservationSpace.Nothing, 5), new RecurrentPolicyOptions { Cells = 6 }),
        ("cells", Task(ObservationSpace.Discrete(4), 3),
            new RecurrentPolicyOptions { Cells = 6, ValueCells = 4, Relu = true }),
        ("timeless-cells", Task(ObservationSpace.Discrete(2), 3, masks: true),
            new RecurrentPolicyOptions { Cells = 6, TimeToGo = false }),
        ("image", Task(ObservationSpace.Image(15, 17, 3), 3),
            new RecurrentPolicyOptions { Hidden = 8, Filters = 4, Features = 10 }),
        ("image-normalised", Task(ObservationSpace.Image(13, 13, 1), 3),
            new RecurrentPolicyOptions
            {
                Hidden = 8,
                Filters = 4,
                Features = 6,
                ActionEmbedding = 5,
                WeightNorm = true,
                Shared = true,
            }),
        ("scaled", Task(ObservationSpace.Vector(3), ActionSpace.Mixed([2, 3], 2)),
            new RecurrentPolicyOptions { Hidden = 8, Normalise = true }),
        ("rewards-scaled", Task(ObservationSpace.Vector(2), ActionSpace.Mixed([2, 3], 2)),
            new RecurrentPolicyOptions { Hidden = 8, NormaliseRewardInputs = true }),
        ("rewards-scaled-cells", Task(ObservationSpace.Discrete(4), 3),
            new RecurrentPolicyOptions { Cells = 6, NormaliseRewardInputs = true }),
        ("rewards-scaled-image", Task(ObservationSpace.Image(13, 13, 1), 3),
            new RecurrentPolicyOptions { Hidden = 8, Filters = 4, Features = 6, NormaliseRewardInputs = true }),
        ("feed-forward", Task(ObservationSpace.Vector(3), 4, masks: true),
            new MlpPolicyOptions { Hidden = 8, Normalise = true }),
        ("feed-forward-states", Task(ObservationSpace.Discrete(4), ActionSpace.Mixed([2, 3], 2)),
            new MlpPolicyOptions { Hidden = 8, Layers = 3, Activation = Activation.Relu, Shared = true }),
        ("feed-forward-history", Task(ObservationSpace.Vector(2), ActionSpace.Continuous(1)),
            new MlpPolicyOptions { Hidden = 8, Layers = 1, History = true, TimeToGo = true }),
        ("feed-forward-blind", Task(ObservationSpace.Nothing, 3), new MlpPolicyOptions { Hidden = 4 }),
    ];

    /// <summary>How a game with two choices and two numbers names its actions: each for itself, in turns.</summary>
    public const string InTurns = "choices:2+numbers:1+choices:3+numbers:1";

    /// <summary>A profile, with the order of a game's actions where it is needed.</summary>
    public static OnnxOptions Options(TaskDistribution task, OnnxProfile profile) => new()
    {
        Profile = profile,
        Actions = task.Action is { Choices: > 0, Numbers: > 0 } ? InTurns : null,
    };

    /// <summary>The network, with weights far from those of the beginning, where heads hardly say anything.</summary>
    public static Policy Network(TaskDistribution task, RecurrentPolicyOptions options) =>
        Network(task, (object)options);

    /// <inheritdoc cref="Network(TaskDistribution, RecurrentPolicyOptions)"/>
    public static Policy Network(TaskDistribution task, object options)
    {
        Policy network = options is MlpPolicyOptions shape ? Policy.FeedForward(task.Spaces, shape, seed: 3)
            : Policy.Recurrent(task.Spaces, (RecurrentPolicyOptions)options, seed: 3);
        var random = new Random(3);
        foreach (Parameter parameter in network.Parameters.All)
        {
            parameter.Value.CopyFrom(
                [.. parameter.Value.ToArray().Select(number => number + (random.NextSingle() - 0.5f) * 0.6f)]);
        }
        return network;
    }

    /// <summary>Two episodes of six steps, in which everything that is seen is drawn.</summary>
    public static TaskDistribution Task(ObservationSpace observation, ActionSpace action, bool masks = false) =>
        TaskDistribution.FromEnvironment(
            "drawn", observation, action, episodes: 2, maxStepsPerEpisode: 6,
            () => new Drawn(observation, action), masks);

    sealed class Drawn(ObservationSpace space, ActionSpace action) : SingleEnvironment
    {
        int forbidden;

        public override void Reset(ref RandomSequence random, Span<float> observation) => Draw(ref random, observation);

        public override StepResult Step(ReadOnlyActionSpan action, ref RandomSequence random, Span<float> observation)
        {
            Draw(ref random, observation);
            return new StepResult(random.NextInt(9) / 4f - 1);
        }

        public override void Allowed(Span<bool> allowed)
        {
            for (int k = 0; k < action.Choices; k++)
                allowed[action.StartOf(k) + forbidden % action.SizeOf(k)] = action.SizeOf(k) == 1;
        }

        void Draw(ref RandomSequence random, Span<float> observation)
        {
            forbidden = random.NextInt(12);
            foreach (ref float number in observation)
            {
                number = space.Kind switch
                {
                    ObservationKind.Discrete => random.NextInt(space.Size),
                    ObservationKind.Image => random.NextInt(256),
                    _ => random.NextInt(1000) / 250f - 2,
                };
            }
        }
    }
}
