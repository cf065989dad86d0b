using RLSquared.Policies;
using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tensors.Layers;
using RLSquared.Tensors.Random;

namespace RLSquared.Outside.Tests;

/// <summary>
/// A policy of another kind than the library's: what it remembers are sums that fade, each at a rate of its own that is
/// learned.
/// <code>
///   m_t = σ(λ) ∘ m_{t−1} + tanh(W x_t + b),     logits = A m_t,     value = v m_t
/// </code>
/// </summary>
public sealed class FadingSums : Policy
{
    readonly Linear read, head, valueHead;
    readonly Parameter rate;                                    // λ, [H]
    readonly int H;

    public FadingSums(TaskSpaces spaces, int hidden, ulong seed)
        : base(spaces, new InputRow(spaces.Observation, spaces.Action, timeToGo: true), new ParameterSet())
    {
        H = hidden;
        RandomKey random = WeightKey(seed);
        read = new Linear(Parameters, "policy.read", Row.Width, H, random, gain: 3);     // far enough to bend
        rate = Parameters.Add("policy.rate", new Shape(H));
        rate.SetAll(2);                                         // σ(2) = 0.88: at first they last for some eight steps
        head = new Linear(Parameters, "policy.head", H, Action.Size + Action.Numbers, random, gain: 0.01f);
        AddLogDeviations(0.5f);
        valueHead = new Linear(Parameters, "value.head", H, 1, random);
    }

    // ---- learning: T steps of B trials at once ----

    public override (PolicyDistribution Policy, Tensor Values) Forward(Tape tape, in PolicyInput input)
    {
        Tensor hidden = Hidden(tape, input.Rows);
        return (DistributionOf(tape, head.Forward(hidden), in input), ValuesOf(hidden, in input));
    }

    public override PolicyDistribution Distribution(Tape tape, in PolicyInput input) =>
        DistributionOf(tape, head.Forward(Hidden(tape, input.Rows)), in input);

    public override Tensor Values(Tape tape, in PolicyInput input) => ValuesOf(Hidden(tape, input.Rows), in input);

    // m, [T · B, H].
    Tensor Hidden(Tape tape, in SequenceInput rows)
    {
        Tensor news = read.Forward(tape, in rows).Tanh();                                       // [T · B, H]
        Tensor kept = news * 0f + tape.Watch(rate).Sigmoid();                                   // [T · B, H]
        var shape = new Shape(rows.T, rows.B, H);
        return news.Reshape(shape).Accumulate(kept.Reshape(shape)).Reshape(news.Shape);
    }

    Tensor ValuesOf(Tensor hidden, in PolicyInput input) =>
        valueHead.Forward(hidden).Reshape(new Shape(input.T, input.B, 1));

    // ---- playing: one step of N lanes ----

    public override PolicyMemory CreateMemory(int lanes, int trialLength) => new Sums(this, lanes);

    sealed class Sums(FadingSums policy, int lanes) : PolicyMemory
    {
        readonly Shape shape = new(lanes, policy.H);
        readonly float[] sums = new float[lanes * policy.H];    // m, [N, H]

        public override void Begin(Tape weights) => Array.Clear(sums);

        public override void Forget(int lane) => Array.Clear(sums, lane * policy.H, policy.H);

        public override Tensor Step(Tape tape, in SequenceInput rows)
        {
            Tensor now = policy.read.Forward(tape, in rows).Tanh()
                + tape.Constant(shape, sums) * tape.Watch(policy.rate).Sigmoid();
            now.CopyTo(sums);
            return policy.head.Forward(now);
        }
    }
}
