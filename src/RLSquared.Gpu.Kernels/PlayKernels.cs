using ILGPU;

namespace RLSquared.Gpu.Kernels;

/// <summary>
/// Trials played on the card. Draws are those of the engine's <c>RandomKey</c>: a function of seed, purpose, trial,
/// step and index.
/// </summary>
static class PlayKernels
{
    const uint PurposeTask = 2, PurposeEnvironment = 3, PurposeAgent = 4;

    static float Uniform(ulong seed, uint purpose, ulong trial, uint step, uint index)
    {
        uint c0 = step, c1 = (uint)trial, c2 = (uint)(trial >> 32), c3 = (purpose << 24) | index;
        uint k0 = (uint)seed, k1 = (uint)(seed >> 32);
        for (int round = 0; round < 10; round++)
        {
            ulong p0 = (ulong)0xD2511F53u * c0, p1 = (ulong)0xCD9E8D57u * c2;
            uint x0 = (uint)(p1 >> 32) ^ c1 ^ k0, x2 = (uint)(p0 >> 32) ^ c3 ^ k1;
            c0 = x0;
            c1 = (uint)p1;
            c2 = x2;
            c3 = (uint)p0;
            k0 += 0x9E3779B9;
            k1 += 0xBB67AE85;
        }
        return (c0 >> 8) * (1f / 16777216f);
    }

    /// <summary>
    /// Softmax of a row of logits plus, where there is one, a bias, and the action that the trial's uniform number
    /// selects; or the likeliest. A thread per row.
    /// </summary>
    public static void SampleActions(int greedy, int rows, int actions, ulong seed, ulong firstTrial, int step,
        int choice, ArrayView<float> logits, ArrayView<float> bias, ArrayView<int> chosen,
        ArrayView<float> logProbability)
    {
        for (int r = Place.First; r < rows; r += Place.Stride)
        {
            float u = Uniform(seed, PurposeAgent, firstTrial + (ulong)r, (uint)step, (uint)choice);
            Choose(greedy, r, actions, u, logits, bias, chosen, logProbability);
        }
    }

    /// <summary>The same with uniform numbers [rows] that are given.</summary>
    public static void SampleCategorical(int rows, int actions, ArrayView<float> logits, ArrayView<float> uniform,
        ArrayView<int> chosen, ArrayView<float> logProbability)
    {
        for (int r = Place.First; r < rows; r += Place.Stride)
            Choose(0, r, actions, uniform[r], logits, logits.SubView(0, 0), chosen, logProbability);
    }

    static void Choose(int greedy, int r, int actions, float u, ArrayView<float> logits, ArrayView<float> bias,
        ArrayView<int> chosen, ArrayView<float> logProbability)
    {
        long at = (long)r * actions;
        float most = float.NegativeInfinity;
        int best = 0;
        for (int a = 0; a < actions; a++)
        {
            float v = logits[at + a] + (bias.Length > 0 ? bias[a] : 0f);
            if (v > most)
            {
                most = v;
                best = a;
            }
        }
        float sum = 0;
        for (int a = 0; a < actions; a++)
            sum += Numbers.Exp(logits[at + a] + (bias.Length > 0 ? bias[a] : 0f) - most);
        float scale = 1f / sum, reached = 0;
        int last = 0, found = -1;
        for (int a = 0; a < actions; a++)
        {
            float p = Numbers.Exp(logits[at + a] + (bias.Length > 0 ? bias[a] : 0f) - most) * scale;
            if (p > 0 && found < 0)
            {
                last = a;
                reached += p;
                if (u < reached)
                    found = a;
            }
        }
        int action = greedy != 0 ? best : found < 0 ? last : found;
        chosen[r] = action;
        logProbability[r] = logits[at + action] + (bias.Length > 0 ? bias[action] : 0f) - most - Numbers.Log(sum);
    }

    /// <summary>The arms of new trials: means uniform in [0, 1), none pulled.</summary>
    public static void BeginBandits(int lanes, int arms, ulong seed, ulong firstTrial, ArrayView<float> means,
        ArrayView<int> pulled)
    {
        int count = lanes * arms;
        for (int i = Place.First; i < count; i += Place.Stride)
        {
            means[i] = Uniform(seed, PurposeTask, firstTrial + (ulong)(i / arms), 0, (uint)(i % arms));
            pulled[i] = 0;
        }
    }

    /// <summary>One pull in each lane: 1 with the arm's mean as probability, else 0; and what it cost.</summary>
    public static void PullBandits(int lanes, int arms, ulong seed, ulong firstTrial, ArrayView<float> means,
        ArrayView<int> pulled, ArrayView<int> chosen, ArrayView<float> rewards, ArrayView<float> regrets)
    {
        for (int lane = Place.First; lane < lanes; lane += Place.Stride)
        {
            int arm = chosen[lane], place = lane * arms + arm;
            float best = 0;
            for (int a = 0; a < arms; a++)
                best = means[lane * arms + a] > best ? means[lane * arms + a] : best;
            int pull = pulled[place];
            pulled[place] = pull + 1;
            float mean = means[place];
            float u = Uniform(seed, PurposeEnvironment, firstTrial + (ulong)lane, (uint)pull, (uint)arm);
            rewards[lane] = u < mean ? 1f : 0f;
            regrets[lane] = best - mean;
        }
    }

    /// <summary>
    /// The input rows of a bandit's step: the previous arm's one, then previous reward, end of episode and, where it
    /// is seen, the time to go.
    /// </summary>
    public static void BanditInput(int lanes, int step, int pulls, int width, ArrayView<int> previous,
        ArrayView<float> rewards, ArrayView<int> indices, ArrayView<float> dense)
    {
        for (int lane = Place.First; lane < lanes; lane += Place.Stride)
        {
            indices[lane] = previous.Length > 0 ? previous[lane] : 0;
            long at = (long)lane * width;
            dense[at] = rewards.Length > 0 ? rewards[lane] : 0f;
            dense[at + 1] = 1f;
            if (width > 2)
                dense[at + 2] = 1f - (float)step / pulls;
        }
    }
}
